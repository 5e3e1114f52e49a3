package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.Velocity;

/**
 * Velocities by engines, in batches. Text and positions of a batch are sent once for all steps. An engine with adapters gives the base's
 * velocities without them, and the tuned network's with them. Used by one thread at a time.
 */
final class EngineVelocity implements Velocity, AutoCloseable {

    private final TransformerInputs inputs;
    private final Map<Step.Network, Engine> engines;
    private final int batchRows;
    private final OpenResources runs = new OpenResources();
    private final Map<Place, Batch> batches = new LinkedHashMap<>();
    private Conditioning conditioning = Conditioning.of(List.of());
    private float[][] velocities = new float[0][];
    private float[][] negatives = new float[0][];

    /** @param engines one for every network that plans ask for; they stay the caller's */
    EngineVelocity(TransformerInputs inputs, Map<Step.Network, Engine> engines, int batchRows) {
        this.inputs = inputs;
        this.engines = Map.copyOf(engines);
        this.batchRows = batchRows;
    }

    /** Which rows of how many, by which network, under which prompts. */
    private record Place(Step.Network network, int rows, int start, boolean negative) {}

    private static final class Batch {
        private final EngineRun run;
        private final float[] output;
        private List<TextEmbedding> sent = List.of();

        Batch(EngineRun run, int elements) {
            this.run = run;
            output = new float[elements];
        }
    }

    /** The prompts of the groups from now on. */
    void set(Conditioning other) {
        conditioning = other;
    }

    @Override
    public float[][] at(Step step, float[][] rows) {
        velocities = fitting(velocities, rows.length);
        ask(step, rows, conditioning.texts(), false, velocities);
        if (!conditioning.negative().isEmpty()) {
            negatives = fitting(negatives, rows.length);
            ask(step, rows, conditioning.negative(), true, negatives);
            float scale = (float) conditioning.scale();
            for (int row = 0; row < rows.length; row++) {
                float[] positive = velocities[row];
                float[] negative = negatives[row];
                for (int i = 0; i < positive.length; i++) {
                    positive[i] = negative[i] + scale * (positive[i] - negative[i]);
                }
            }
        }
        return velocities;
    }

    private float[][] fitting(float[][] rows, int count) {
        return rows.length == count ? rows : new float[count][inputs.elements()];
    }

    private void ask(Step step, float[][] rows, List<TextEmbedding> texts, boolean negative, float[][] target) {
        int elements = inputs.elements();
        int rowsPerText = rows.length / texts.size();
        for (int start = 0; start < rows.length; start += batchRows) {
            int count = Math.min(batchRows, rows.length - start);
            int first = start;
            TextEmbedding[] own = new TextEmbedding[count];
            Arrays.setAll(own, i -> texts.get((first + i) / rowsPerText));
            Batch batch = batches.computeIfAbsent(
                    new Place(step.network(), rows.length, start, negative), place -> bind(place, own));
            send(batch, List.of(own));
            double[] sigmas = new double[count];
            Arrays.fill(sigmas, step.modelSigma());
            inputs.changing(Arrays.asList(rows).subList(start, start + count), sigmas)
                    .forEach((name, array) -> batch.run.set(name, array.values()));
            batch.run.run();
            batch.run.get(TransformerInputs.VELOCITY, batch.output);
            for (int i = 0; i < count; i++) {
                System.arraycopy(batch.output, i * elements, target[start + i], 0, elements);
            }
        }
    }

    private Batch bind(Place place, TextEmbedding[] texts) {
        Engine engine = engines.get(place.network());
        if (engine == null) {
            throw new IllegalArgumentException("the plan asks for the %s network; there are engines for %s"
                    .formatted(place.network(), engines.keySet()));
        }
        List<float[]> zeros = Arrays.asList(new float[texts.length][inputs.elements()]);
        Map<String, long[]> shapes = new LinkedHashMap<>();
        inputs.of(zeros, List.of(texts), new double[texts.length])
                .forEach((name, array) -> shapes.put(name, array.shape()));
        boolean adapted = engine.inputs().stream().anyMatch(port -> port.name().equals(Lora.SCALE));
        if (adapted) {
            shapes.put(Lora.SCALE, new long[] {texts.length});
        }
        EngineRun run = runs.add(engine.bind(shapes));
        if (adapted) {
            float[] scales = new float[texts.length];
            Arrays.fill(scales, place.network() == Step.Network.BASE ? 0 : 1);
            run.set(Lora.SCALE, scales);
        }
        return new Batch(run, texts.length * inputs.elements());
    }

    private void send(Batch batch, List<TextEmbedding> own) {
        if (batch.sent.equals(own)) {
            return;
        }
        for (Map.Entry<String, Array> input : inputs.constant(own).entrySet()) {
            batch.run.set(input.getKey(), input.getValue().values());
        }
        batch.sent = own;
    }

    @Override
    public void close() {
        runs.close();
    }
}
