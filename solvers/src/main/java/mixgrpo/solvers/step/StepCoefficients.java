package mixgrpo.solvers.step;

import java.util.function.DoubleUnaryOperator;

/**
 * One step: {@code mean = keep * x + drive * velocity + last * e1 + secondLast * e2}, then {@code x' = mean + noiseStd
 * * z}, z ~ N(0, 1). e1 and e2 are the estimates ({@link Prediction}) recorded one and two steps before; a one-step
 * kernel gives them no weight.
 *
 * @param noiseStd standard deviation of the whole step, 0 where it is deterministic
 */
public record StepCoefficients(double keep, double drive, double noiseStd, double last, double secondLast) {

    public StepCoefficients(double keep, double drive, double noiseStd) {
        this(keep, drive, noiseStd, 0, 0);
    }

    /**
     * Euler step of the probability flow ODE, of order 1: {@code x + (sigmaNext - sigma) * velocity}. To sigmaNext = 0
     * it gives the x0 estimate exactly.
     */
    public static StepCoefficients ode(double sigma, double sigmaNext) {
        return new StepCoefficients(1, checked(sigma, sigmaNext), 0);
    }

    /**
     * Euler-Maruyama step of the SDE with diffusion g(sigma), of weak order 1: {@code mean = x + (velocity + g^2 / (2
     * sigma) * eps) dt}, {@code noiseStd = g sqrt(-dt)}, eps = x + (1 - sigma) velocity. Constant g is DanceGRPO's
     * (arXiv 2505.07818), see {@link Kernel} for Flow-GRPO's (arXiv 2505.05470, eq. 9). The marginal is kept as dt goes
     * to 0 only: after a step the noise level is above sigmaNext.
     */
    public static StepCoefficients sde(double sigma, double sigmaNext, DoubleUnaryOperator diffusion) {
        double dt = checked(sigma, sigmaNext);
        double g = diffusion.applyAsDouble(sigma);
        double drift = g * g / (2 * sigma);
        return new StepCoefficients(1 + drift * dt, (1 + drift * (1 - sigma)) * dt, g * Math.sqrt(-dt));
    }

    /**
     * Coefficients-preserving step (Flow-CPS, arXiv 2509.05952), of order 1: {@code noiseStd = sigmaNext sin(level
     * pi/2)}, {@code mean = (1 - sigmaNext) x0 + sqrt(sigmaNext^2 - noiseStd^2) eps}, so that the whole noise after it
     * is exactly sigmaNext. Level 0 is the ODE step; to sigmaNext = 0 it is deterministic.
     *
     * @param level share of fresh noise, in [0, 1]
     */
    public static StepCoefficients cps(double sigma, double sigmaNext, double level) {
        checked(sigma, sigmaNext);
        double std = sigmaNext * Math.sin(level * Math.PI / 2);
        double kept = sigmaNext * Math.cos(level * Math.PI / 2);
        return new StepCoefficients(1 - sigmaNext + kept, kept * (1 - sigma) - (1 - sigmaNext) * sigma, std);
    }

    static double checked(double sigma, double sigmaNext) {
        if (!(sigma <= 1 && sigma > sigmaNext && sigmaNext >= 0)) {
            throw new IllegalArgumentException(
                    "step from sigma %s to %s: expected 1 >= sigma > sigmaNext >= 0".formatted(sigma, sigmaNext));
        }
        return sigmaNext - sigma;
    }
}
