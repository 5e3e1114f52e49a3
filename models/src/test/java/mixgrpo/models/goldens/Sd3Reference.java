package mixgrpo.models.goldens;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;

/** SD3 in diffusers, whose transformer packs latents {@code [B, C, H, W]} itself. */
record Sd3Reference(LatentPacking packing) implements Reference {

    @Override
    public Array packed(Array latents) {
        return each(latents, packing::pack, packing.tokens(), packing.tokenElements());
    }

    @Override
    public Array unpacked(Array tokens) {
        return each(tokens, packing::unpack, packing.channels(), packing.height(), packing.width());
    }

    private static Array each(Array batch, UnaryOperator<float[]> move, int... shape) {
        int images = Math.toIntExact(batch.shape()[0]);
        int elements = batch.values().length / images;
        float[] values = new float[batch.values().length];
        for (int i = 0; i < images; i++) {
            float[] image = Arrays.copyOfRange(batch.values(), i * elements, (i + 1) * elements);
            System.arraycopy(move.apply(image), 0, values, i * elements, elements);
        }
        long[] shapes = new long[shape.length + 1];
        Arrays.setAll(shapes, axis -> axis == 0 ? images : shape[axis - 1]);
        return new Array(shapes, values);
    }

    @Override
    public Map<String, Array> named(Map<String, Array> inputs, Map<String, Array> results) {
        Map<String, Array> named = new LinkedHashMap<>();
        named.put("output", unpacked(results.get("velocity")));
        named.put("stage.time_text_embed.time_proj", inputs.get("timestep_proj"));
        results.forEach((name, value) -> named.put("stage." + name, value));
        return named;
    }
}
