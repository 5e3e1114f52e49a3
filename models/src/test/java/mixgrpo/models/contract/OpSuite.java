package mixgrpo.models.contract;

/** All operations of {@link mixgrpo.models.Tensor} and {@link mixgrpo.models.Scope}, whatever is checked about each. */
public interface OpSuite extends ArithmeticOps, ShapeOps, ActivationOps, NormOps, AttentionOps, ImageOps, LayerOps {}
