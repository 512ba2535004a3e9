import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * For each calling number three decayed counts in three half-lives, and one limit: the sums of common.py, by Kafka Streams.
 *
 * <p>As its documentation recommends: only what is needed goes through the repartition topic, in a compact form; the store is
 * persistent, cached and logged; a processor forwards at once what a cached table would hold back until its flush.
 * Arguments: brokers, group, source, alerts, events, folder. Prints events, CPU seconds and wall seconds from the first record
 * on; the JVM's start is not in them, its compiling of hot code is.
 */
public final class KafkaStreamsPeer {
    private static final double[] HALF_LIVES_S = {900, 14_400, 259_200};
    private static final double LIMIT = 30;
    private static final double LN_2 = Math.log(2);
    private static final int FAST_ATTEMPTS = 1; // place in the sums
    private static final String STORE = "sums";

    /** The fields of a call that matter here; a null counts as 0. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Call(
            String calling,
            @JsonProperty("start_ms") long startMs,
            @JsonProperty("ring_s") double ringS,
            @JsonProperty("duration_s") double durationS) {

        Step step() {
            return new Step(startMs / 1000.0 + ringS + durationS, durationS > 0 ? 1 : 0, durationS);
        }
    }

    /** What one call adds. */
    record Step(double atS, double answered, double seconds) {}

    private static final ObjectReader JSON = new ObjectMapper().readerFor(Call.class);
    private static final Serde<Call> CALLS = Serdes.serdeFrom((topic, call) -> null, (topic, raw) -> read(raw));
    private static final Serde<Step> STEPS = Serdes.serdeFrom(
            (topic, step) -> ByteBuffer.allocate(24).putDouble(step.atS()).putDouble(step.answered()).putDouble(step.seconds()).array(),
            (topic, raw) -> {
                ByteBuffer from = ByteBuffer.wrap(raw);
                return new Step(from.getDouble(), from.getDouble(), from.getDouble());
            });
    private static final Serde<double[]> SUMS = Serdes.serdeFrom(
            (topic, sums) -> {
                ByteBuffer to = ByteBuffer.allocate(8 * sums.length);
                to.asDoubleBuffer().put(sums);
                return to.array();
            },
            (topic, raw) -> {
                if (raw == null) {
                    return null;
                }
                double[] sums = new double[raw.length / 8];
                ByteBuffer.wrap(raw).asDoubleBuffer().get(sums);
                return sums;
            });

    private static Call read(byte[] raw) {
        try {
            return JSON.readValue(raw);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** The time the sums are decayed to, then attempts, answered calls and seconds, each in the three half-lives. */
    static double[] fold(double[] sums, Step step) {
        double[] added = {1, step.answered(), step.seconds()};
        double newestS = sums == null ? step.atS() : Math.max(sums[0], step.atS());
        double[] after = new double[1 + added.length * HALF_LIVES_S.length];
        after[0] = newestS;
        for (int h = 0; h < HALF_LIVES_S.length; h++) {
            double kept = sums == null ? 0 : decay(newestS - sums[0], HALF_LIVES_S[h]);
            double taken = decay(newestS - step.atS(), HALF_LIVES_S[h]);
            for (int c = 0; c < added.length; c++) {
                int at = 1 + c * HALF_LIVES_S.length + h;
                after[at] = (sums == null ? 0 : sums[at] * kept) + added[c] * taken;
            }
        }
        return after;
    }

    private static double decay(double ageS, double halfLifeS) {
        return ageS == 0 ? 1 : Math.exp(-ageS / halfLifeS * LN_2);
    }

    /** Keeps the sums, and forwards the fast attempts of a number with the call that brings them above the limit. */
    private static final class Summing extends ContextualFixedKeyProcessor<String, Step, Double> {
        private final Clock clock;
        private KeyValueStore<String, double[]> store;

        Summing(Clock clock) {
            this.clock = clock;
        }

        @Override
        public void init(FixedKeyProcessorContext<String, Double> context) {
            super.init(context);
            store = context.getStateStore(STORE);
        }

        @Override
        public void process(FixedKeyRecord<String, Step> record) {
            double[] before = store.get(record.key());
            double[] after = fold(before, record.value());
            store.put(record.key(), after);
            if (after[FAST_ATTEMPTS] > LIMIT && (before == null || before[FAST_ATTEMPTS] <= LIMIT)) {
                context().forward(record.withValue(after[FAST_ATTEMPTS]));
            }
            clock.count();
        }
    }

    /** Brings its store along, so that the topology connects and logs it. */
    private record SummingSupplier(Clock clock) implements FixedKeyProcessorSupplier<String, Step, Double> {
        @Override
        public FixedKeyProcessor<String, Step, Double> get() {
            return new Summing(clock);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), SUMS)
                    .withCachingEnabled()
                    .withLoggingEnabled(Map.of()));
        }
    }

    /** Counts records through the last step; used by the one stream thread only. */
    private static final class Clock {
        private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private final CountDownLatch done = new CountDownLatch(1);
        private final long events;
        private long count;
        private long beganNs;
        private long beganCpuNs = -1;

        Clock(long events) {
            this.events = events;
        }

        void begin() {
            if (beganCpuNs < 0) {
                beganNs = System.nanoTime();
                beganCpuNs = system.getProcessCpuTime();
            }
        }

        void count() {
            if (++count == events) {
                double cpuS = (system.getProcessCpuTime() - beganCpuNs) / 1e9;
                System.out.println(events + " " + cpuS + " " + (System.nanoTime() - beganNs) / 1e9);
                done.countDown();
            }
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        Clock clock = new Clock(Long.parseLong(arguments[4]));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(arguments[2], Consumed.with(Serdes.ByteArray(), CALLS))
                .map((key, call) -> {
                    clock.begin();
                    return KeyValue.pair(call.calling(), call.step());
                })
                .repartition(Repartitioned.with(Serdes.String(), STEPS).withName("by-calling"))
                .processValues(new SummingSupplier(clock))
                .to(arguments[3], Produced.with(Serdes.String(), Serdes.Double()));

        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[5]);
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        clock.done.await();
        streams.close(Duration.ofSeconds(30));
    }
}
