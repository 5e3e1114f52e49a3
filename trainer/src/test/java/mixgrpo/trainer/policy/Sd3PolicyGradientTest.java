package mixgrpo.trainer.policy;

/** What holds of FLUX's gradients holds of Stable Diffusion 3's. */
class Sd3PolicyGradientTest extends PolicyGradientTest {

    @Override
    TinyPolicy tiny(long seed) {
        return TinyPolicy.sd3(seed);
    }
}
