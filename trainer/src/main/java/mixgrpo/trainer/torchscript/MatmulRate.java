package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.metrics.PhaseClock;

/** How fast this process multiplies matrices by libtorch: the yardstick for a training step. */
public final class MatmulRate {

    private static final String CODE =
            """
            class Products(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def bf16(self: __torch__.Products, x: List[Tensor]) -> List[Tensor]:
                y = annotate(List[Tensor], [])
                for k in range(len(x)):
                  y.append(torch.to(x[k], 15))
                return y
              def all(self: __torch__.Products, x: List[Tensor], w: List[Tensor]) -> List[Tensor]:
                y = annotate(List[Tensor], [])
                for k in range(len(x)):
                  y.append(torch.linear(x[k], w[k]))
                return y
            """;

    /** A linear layer without bias over {@code rows} rows. */
    public record Product(long rows, long in, long out) {
        double operations() {
            return 2. * rows * in * out;
        }
    }

    private MatmulRate() {}

    /**
     * Operations per second of processor time, all threads together, over a list of products done again and again.
     *
     * @param seconds of wall time that the measurement takes, after a first round to warm up
     */
    public static double measure(List<Product> products, Precision precision, double seconds) {
        try (NDManager manager = TorchDevice.CPU.newManager();
                ScriptModule module = new ScriptModule(manager, "Products", CODE)) {
            List<NDArray> left = new ArrayList<>();
            List<NDArray> right = new ArrayList<>();
            for (Product product : products) {
                left.add(manager.randomNormal(new Shape(product.rows(), product.in())));
                right.add(manager.randomNormal(new Shape(product.out(), product.in())));
            }
            if (precision == Precision.BF16) {
                left = module.call(manager, "bf16", left);
                right = module.call(manager, "bf16", right);
            }
            round(manager, module, left, right);
            PhaseClock clock = new PhaseClock();
            int rounds = 0;
            do {
                round(manager, module, left, right);
                rounds++;
            } while (clock.total().wallSeconds() < seconds);
            double operations =
                    products.stream().mapToDouble(Product::operations).sum();
            return rounds * operations / clock.total().cpuSeconds();
        }
    }

    private static void round(NDManager manager, ScriptModule module, List<NDArray> left, List<NDArray> right) {
        try (NDManager step = manager.newSubManager()) {
            module.call(step, "all", left, right);
        }
    }
}
