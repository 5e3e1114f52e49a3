package mixgrpo.solvers.plan;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of a step on one row beside the time of copying as many arrays as it reads or writes, each of which a copy reads and writes. {@code elements} are those of the
 * quickstart's latents and of FLUX at 720 x 720. {@link StepCosts} runs it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StepArithmeticBenchmark {

    @Param({QUICKSTART, FLUX})
    public int elements;

    static final String QUICKSTART = "1024";
    static final String FLUX = "129600";
    static final double ODE_DRIVE = -.05;
    static final double DATA_DRIVE = Prediction.DATA.drive(.5);

    private final StepCoefficients sde = Kernel.flow(.7).step(.9, .85, .98);
    private final StepCoefficients multistep = DpmSolver.plusPlus(3).ode(.5, .4, .6, .7);
    private float[][] read;
    private float[][] written;

    @Setup
    public void fill() {
        read = new float[6][elements];
        written = new float[6][elements];
        Random random = new Random(1);
        for (float[] array : read) {
            for (int i = 0; i < elements; i++) {
                array[i] = (float) random.nextGaussian();
            }
        }
    }

    @Benchmark
    public float[] ode() {
        StepArithmetic.move(1, read[0], ODE_DRIVE, read[1], written[0]);
        return written[0];
    }

    /** Latents, velocity, next latents. */
    @Benchmark
    public float[][] copyOfThree() {
        return copy(3);
    }

    /** Takes its noise anew, because a step uses it up: a copy on top of the step's own work. */
    @Benchmark
    public double sde() {
        System.arraycopy(read[2], 0, written[1], 0, elements);
        return StepArithmetic.sample(sde, read[0], read[1], written[1], written[0]);
    }

    /** Latents, velocity, noise, next latents. */
    @Benchmark
    public float[][] copyOfFour() {
        return copy(4);
    }

    /** With the estimate that the next step looks back at, as the executor records it. */
    @Benchmark
    public float[][] multistep() {
        StepArithmetic.move(1, read[0], DATA_DRIVE, read[1], written[1]);
        StepArithmetic.move(multistep, read[0], read[1], read[2], read[3], written[0]);
        return written;
    }

    /** Latents, velocity, two estimates, the new estimate, next latents. */
    @Benchmark
    public float[][] copyOfSix() {
        return copy(6);
    }

    float[][] read() {
        return read;
    }

    float[][] written() {
        return written;
    }

    StepCoefficients sdeCoefficients() {
        return sde;
    }

    StepCoefficients multistepCoefficients() {
        return multistep;
    }

    private float[][] copy(int arrays) {
        for (int k = 0; k < arrays; k++) {
            System.arraycopy(read[k], 0, written[k], 0, elements);
        }
        return written;
    }
}
