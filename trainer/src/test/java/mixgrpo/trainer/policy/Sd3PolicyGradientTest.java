package mixgrpo.trainer.policy;

/** What holds of FLUX's gradients holds of Stable Diffusion 3's. */
class Sd3PolicyGradientTest extends PolicyGradientTest {

    @Override
    TinyPolicy tiny(long seed) {
        return TinyPolicy.sd3(seed);
    }

    /** The text's queries in the last block lead nowhere. */
    @Override
    boolean hasGradient(String key) {
        return !key.matches("transformer_blocks\\.1\\.attn\\.(add_q_proj|norm_added_q)\\..*");
    }
}
