class TextModel:
    pass
