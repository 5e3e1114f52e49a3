package mixgrpo.tools.sample;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.noise.TorchCpuGenerator;
import mixgrpo.solvers.plan.StepNoise;

/** The noise of pictures that are drawn together, each by its own seed, so that it does not depend on the others. For one drawing. */
interface PictureNoise {

    /** First latents, packed, a row a picture. */
    float[][] initial();

    /** What stochastic steps add; asked for after {@link #initial}, step by step. */
    StepNoise steps();

    static PictureNoise of(Method.Rng rng, long[] seeds, LatentPacking packing) {
        return switch (rng) {
            case PHILOX -> new Counted(seeds, packing.elements());
            case TORCH_CPU -> new Torch(seeds, packing);
        };
    }

    /** By counter. */
    record Counted(long[] seeds, int elements) implements PictureNoise {

        @Override
        public float[][] initial() {
            float[][] rows = new float[seeds.length][elements];
            for (int i = 0; i < seeds.length; i++) {
                Noise.fill(rows[i], NoiseKey.of(seeds[i], NoiseKey.Stream.INITIAL_LATENT));
            }
            return rows;
        }

        @Override
        public StepNoise steps() {
            return (step, image, target) -> Noise.fill(
                    target, NoiseKey.of(seeds[image], NoiseKey.Stream.SDE_STEP).withStep(step.index()));
        }
    }

    /** A torch generator for each picture, as diffusers takes a list of them; draws are laid out [C, H, W]. */
    final class Torch implements PictureNoise {

        private final List<TorchCpuGenerator> generators = new ArrayList<>();
        private final LatentPacking packing;

        Torch(long[] seeds, LatentPacking packing) {
            for (long seed : seeds) {
                generators.add(new TorchCpuGenerator(seed));
            }
            this.packing = packing;
        }

        private float[] draw(int picture) {
            float[] latents = new float[packing.elements()];
            generators.get(picture).normals(latents);
            return packing.pack(latents);
        }

        @Override
        public float[][] initial() {
            float[][] rows = new float[generators.size()][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = draw(i);
            }
            return rows;
        }

        @Override
        public StepNoise steps() {
            return (step, image, target) -> System.arraycopy(draw(image), 0, target, 0, target.length);
        }
    }
}
