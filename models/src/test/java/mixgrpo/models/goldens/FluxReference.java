package mixgrpo.models.goldens;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;

/**
 * FLUX in diffusers. Sinusoids and rotary tables, inner values there, are inputs here; single blocks keep text and image in one
 * value here.
 */
record FluxReference() implements Reference {

    private static final String SINGLE = "single_transformer_blocks.";

    @Override
    public Array packed(Array latents) {
        return latents;
    }

    @Override
    public Array unpacked(Array tokens) {
        return tokens;
    }

    @Override
    public Map<String, Array> named(Map<String, Array> inputs, Map<String, Array> results) {
        Map<String, Array> named = new LinkedHashMap<>();
        named.put("output", results.get("velocity"));
        String sinusoid = "stage.time_text_embed.time_proj";
        if (inputs.containsKey("guidance_proj")) {
            named.put(sinusoid + ".call0", inputs.get("timestep_proj"));
            named.put(sinusoid + ".call1", inputs.get("guidance_proj"));
        } else {
            named.put(sinusoid, inputs.get("timestep_proj"));
        }
        named.put("stage.pos_embed.cos", inputs.get("rotary_cos"));
        named.put("stage.pos_embed.sin", inputs.get("rotary_sin"));
        int text = Math.toIntExact(inputs.get("encoder_hidden_states").shape()[1]);
        results.forEach((name, value) -> {
            if (name.startsWith(SINGLE) && name.endsWith(".joint")) {
                String block = "stage." + name.substring(0, name.length() - "joint".length());
                int tokens = Math.toIntExact(value.shape()[1]);
                named.put(block + "encoder_hidden", tokens(value, 0, text));
                named.put(block + "hidden", tokens(value, text, tokens));
            } else {
                named.put("stage." + name, value);
            }
        });
        return named;
    }

    /** Tokens {@code start} to {@code end} of {@code [B, N, C]}. */
    private static Array tokens(Array value, int start, int end) {
        int batch = Math.toIntExact(value.shape()[0]);
        int tokens = Math.toIntExact(value.shape()[1]);
        int channels = Math.toIntExact(value.shape()[2]);
        int length = (end - start) * channels;
        float[] part = new float[batch * length];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(value.values(), (b * tokens + start) * channels, part, b * length, length);
        }
        return Array.of(part, batch, end - start, channels);
    }
}
