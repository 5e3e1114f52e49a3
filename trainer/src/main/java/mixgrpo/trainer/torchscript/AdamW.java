package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Weights;

/**
 * AdamW with decoupled weight decay (arXiv 1711.05101) over the trained parameters of a network, as libtorch's fused kernel:
 * gradients are scaled so that their common norm is at most {@code maxGradNorm}, used, and set to zero. Optionally keeps an
 * exponential moving average of the parameters.
 */
public final class AdamW implements AutoCloseable {

    private static final String CODE =
            """
            class Optimizer(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def step(self: __torch__.Optimizer, w: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], lr: float, beta1: float, beta2: float, eps: float, decay: float, maxnorm: float) -> List[Tensor]:
                g = annotate(List[Tensor], [])
                for k in range(len(w)):
                  l = annotate(List[Optional[Tensor]], [])
                  l.append(w[k].grad)
                  d = l[0]
                  if d is None:
                    g.append(torch.zeros_like(w[k]))
                  else:
                    g.append(unchecked_cast(Tensor, d))
                n = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g)))
                c = torch.clamp(maxnorm / (n + 1e-06), None, 1.0)
                torch._foreach_mul_(g, c)
                torch._foreach_add_(t, 1.0)
                torch._fused_adamw_(w, g, m, v, annotate(List[Tensor], []), t, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
                torch._foreach_zero_(g)
                return [n]
              def average(self: __torch__.Optimizer, e: List[Tensor], w: List[Tensor], rate: float) -> List[Tensor]:
                torch._foreach_lerp_(e, w, rate)
                return [e[0]]
            """;

    /**
     * @param learningRate of this update
     * @param maxGradNorm largest norm of all gradients together; infinity leaves them as they are
     */
    public record Settings(
            double learningRate, double beta1, double beta2, double epsilon, double weightDecay, double maxGradNorm) {

        public Settings withLearningRate(double rate) {
            return new Settings(rate, beta1, beta2, epsilon, weightDecay, maxGradNorm);
        }
    }

    private final NDManager manager;
    private final ScriptModule module;
    private final ParameterSet parameters;
    private final InPlaceCopy copy;
    private final List<NDArray> firstMoments = new ArrayList<>();
    private final List<NDArray> secondMoments = new ArrayList<>();
    private final List<NDArray> steps = new ArrayList<>();

    /**
     * With moments of 0.
     *
     * @param network whose trained parameters it updates from their gradients; closed after this
     */
    public AdamW(TrainableNetwork network) {
        manager = network.manager().newSubManager();
        parameters = network.parameters();
        copy = network.copy();
        module = new ScriptModule(manager, "Optimizer", CODE);
        for (NDArray parameter : parameters.trained()) {
            firstMoments.add(manager.zeros(parameter.getShape()));
            secondMoments.add(manager.zeros(parameter.getShape()));
            steps.add(manager.zeros(new Shape()));
        }
    }

    /** Updates the parameters from their gradients, clears these, and returns their norm before clipping. */
    public double step(Settings settings) {
        try (NDManager step = manager.newSubManager()) {
            // 1e30 stands for "no limit": infinity divided by an infinite norm would be NaN.
            double limit = Math.min(settings.maxGradNorm(), 1e30);
            return module.call(
                            step,
                            "step",
                            parameters.trained(),
                            firstMoments,
                            secondMoments,
                            steps,
                            settings.learningRate(),
                            settings.beta1(),
                            settings.beta2(),
                            settings.epsilon(),
                            settings.weightDecay(),
                            limit)
                    .get(0)
                    .getFloat();
        }
    }

    /** The moments and the step count as arrays by key ("first.KEY", "second.KEY", "steps"), views that follow later updates. */
    public Weights state() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        int i = 0;
        for (String key : parameters.trainedShapes().keySet()) {
            arrays.put("first." + key, firstMoments.get(i));
            arrays.put("second." + key, secondMoments.get(i));
            i++;
        }
        arrays.put("steps", steps.get(0));
        return new ArraysView(arrays);
    }

    /**
     * Takes over what {@link #state} returned at another time.
     *
     * @throws IllegalArgumentException if an array is missing or has another shape
     */
    public void restore(Weights state) {
        int i = 0;
        for (String key : parameters.trainedShapes().keySet()) {
            copy(state, "first." + key, firstMoments.get(i));
            copy(state, "second." + key, secondMoments.get(i));
            copy(state, "steps", steps.get(i));
            i++;
        }
    }

    private void copy(Weights from, String key, NDArray to) {
        long[] shape = from.shapes().get(key);
        if (shape == null || !new Shape(shape).equals(to.getShape())) {
            throw new IllegalArgumentException("optimizer state '%s': expected shape %s, got %s"
                    .formatted(key, to.getShape(), shape == null ? "none" : Arrays.toString(shape)));
        }
        copy.into(to, from.floats(key));
    }

    /** An exponential moving average of the trained parameters, starting at their present values. */
    public MovingAverage newMovingAverage() {
        return new MovingAverage();
    }

    /** {@code average += (1 - decay) * (parameters - average)} at every {@link #update}. Belongs to the optimizer. */
    public final class MovingAverage {
        private final List<NDArray> averages = new ArrayList<>();

        private MovingAverage() {
            for (NDArray parameter : parameters.trained()) {
                NDArray copy = parameter.duplicate(); // without its gradient
                copy.attach(manager);
                averages.add(copy);
            }
        }

        public void update(double decay) {
            try (NDManager step = manager.newSubManager()) {
                module.call(step, "average", averages, parameters.trained(), 1 - decay);
            }
        }

        /** The averages by parameter key, views that follow later updates. */
        public Weights weights() {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            int i = 0;
            for (String key : parameters.trainedShapes().keySet()) {
                arrays.put(key, averages.get(i++));
            }
            return new ArraysView(arrays);
        }

        public void restore(Weights weights) {
            int i = 0;
            for (String key : parameters.trainedShapes().keySet()) {
                copy(weights, key, averages.get(i++));
            }
        }
    }

    private record ArraysView(Map<String, NDArray> arrays) implements Weights {
        @Override
        public Map<String, long[]> shapes() {
            Map<String, long[]> shapes = new LinkedHashMap<>();
            arrays.forEach((key, array) -> shapes.put(key, array.getShape().getShape()));
            return shapes;
        }

        @Override
        public void read(String key, FloatBuffer target) {
            NDArray array = arrays.get(key);
            if (array == null) {
                throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, arrays.size()));
            }
            ArrayTransfer.read(array, target);
        }
    }

    @Override
    public void close() {
        try {
            module.close();
        } finally {
            manager.close();
        }
    }
}
