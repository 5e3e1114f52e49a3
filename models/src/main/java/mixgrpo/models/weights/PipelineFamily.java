package mixgrpo.models.weights;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Pipelines of diffusers that share networks and text encoders, known by the class that a model's index names. */
public enum PipelineFamily {
    FLUX("FluxPipeline"),
    SD3("StableDiffusion3Pipeline");

    private static final String START = "it starts from a given picture there, and from noise here";
    private static final String EDITS = "it edits a reference picture there, and is sampled without one here";

    /** Other pipelines of the same networks, and what is not done of theirs. */
    private static final Map<String, Other> OTHERS = Map.of(
            "FluxImg2ImgPipeline", new Other(FLUX, START),
            "FluxInpaintPipeline", new Other(FLUX, START),
            "FluxKontextPipeline", new Other(FLUX, EDITS),
            "FluxKontextInpaintPipeline", new Other(FLUX, EDITS),
            "StableDiffusion3Img2ImgPipeline", new Other(SD3, START),
            "StableDiffusion3InpaintPipeline", new Other(SD3, START));

    private final String pipeline;

    PipelineFamily(String pipeline) {
        this.pipeline = pipeline;
    }

    private record Other(PipelineFamily family, String undone) {}

    /** Class of the pipeline that draws from text alone. */
    public String pipeline() {
        return pipeline;
    }

    /**
     * The family of a model's pipeline.
     *
     * @throws IOException if it is of none, or takes more than a prompt (FLUX.1 Fill, Canny, Depth, a ControlNet)
     */
    public static PipelineFamily of(ModelFolder folder) throws IOException {
        String name = folder.pipeline();
        for (PipelineFamily family : values()) {
            if (family.pipeline.equals(name)) {
                return family;
            }
        }
        if (OTHERS.containsKey(name)) {
            return OTHERS.get(name).family();
        }
        boolean conditioned = name.matches("(Flux|StableDiffusion3)(Fill|Control|Prior).*");
        throw new IOException(
                "%s: _class_name in model_index.json: expected %s or %s, which draw from text alone, got %s%s"
                        .formatted(
                                folder.path(),
                                FLUX.pipeline,
                                SD3.pipeline,
                                Problems.printable(name),
                                conditioned
                                        ? "; models that are given a picture beside the prompt are not supported"
                                        : ""));
    }

    /** What a folder's own pipeline does with these networks that is not done here; empty if it draws from text alone. */
    public static Optional<String> remark(ModelFolder folder) {
        return Optional.ofNullable(OTHERS.get(folder.pipeline()))
                .map(other -> "it is a %s: %s".formatted(folder.pipeline(), other.undone()));
    }
}
