package mixgrpo.models.lora;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters of SD3 with Stability AI's names, of which there are no fixtures: the names are sd-scripts', the shapes the golden transformers'. */
class MmditLoraTest {

    private static final int RANK = 2;
    private static final double ALPHA = .5;

    @TempDir
    Path folder;

    /** What a block has, as sd-scripts finds the linear layers of a SingleDiTBlock; outputs and inputs in widths. */
    private static Map<String, int[]> block(int index, Sd3Config config) {
        boolean last = index == config.numLayers() - 1;
        boolean dual = config.dualAttentionLayers().contains(index);
        Map<String, int[]> layers = new LinkedHashMap<>();
        layers.put("context_block.attn.qkv", new int[] {3, 1});
        layers.put("context_block.adaLN_modulation.1", new int[] {last ? 2 : 6, 1});
        if (!last) {
            layers.put("context_block.attn.proj", new int[] {1, 1});
            layers.put("context_block.mlp.fc1", new int[] {4, 1});
            layers.put("context_block.mlp.fc2", new int[] {1, 4});
        }
        layers.put("x_block.attn.qkv", new int[] {3, 1});
        layers.put("x_block.attn.proj", new int[] {1, 1});
        if (dual) {
            layers.put("x_block.attn2.qkv", new int[] {3, 1});
            layers.put("x_block.attn2.proj", new int[] {1, 1});
        }
        layers.put("x_block.mlp.fc1", new int[] {4, 1});
        layers.put("x_block.mlp.fc2", new int[] {1, 4});
        layers.put("x_block.adaLN_modulation.1", new int[] {dual ? 9 : 6, 1});
        return layers;
    }

    /** All linear layers but those whose sizes the text and the patches give, by Stability AI's paths: outputs, inputs. */
    private static Map<String, int[]> layers(Sd3Config config) {
        Map<String, int[]> layers = new LinkedHashMap<>();
        int dim = config.dim();
        for (int i = 0; i < config.numLayers(); i++) {
            String path = "joint_blocks." + i + ".";
            block(i, config)
                    .forEach((name, widths) -> layers.put(path + name, new int[] {widths[0] * dim, widths[1] * dim}));
        }
        int place = config.patchSize() * config.patchSize() * config.outChannels();
        layers.put("context_embedder", new int[] {dim, config.jointAttentionDim()});
        layers.put("t_embedder.mlp.0", new int[] {dim, 256});
        layers.put("t_embedder.mlp.2", new int[] {dim, dim});
        layers.put("y_embedder.mlp.0", new int[] {dim, config.pooledProjectionDim()});
        layers.put("y_embedder.mlp.2", new int[] {dim, dim});
        layers.put("final_layer.adaLN_modulation.1", new int[] {2 * dim, dim});
        layers.put("final_layer.linear", new int[] {place, dim});
        return layers;
    }

    private static Array random(Random random, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Array.of(values, rows, columns);
    }

    /** Rows {@code from} to {@code to} of scale B A. */
    private static double[] product(LoraFactors factors, int from, int to) {
        double[] product = new double[(to - from) * factors.in()];
        for (int row = from; row < to; row++) {
            for (int column = 0; column < factors.in(); column++) {
                for (int r = 0; r < factors.rank(); r++) {
                    product[(row - from) * factors.in() + column] += factors.scale()
                            * factors.b().values()[row * factors.rank() + r]
                            * factors.a().values()[r * factors.in() + column];
                }
            }
        }
        return product;
    }

    private static double[] product(LoraFactors factors) {
        return product(factors, 0, factors.out());
    }

    private static double[] exchanged(LoraFactors factors) {
        double[] first = product(factors, 0, factors.out() / 2);
        double[] second = product(factors, factors.out() / 2, factors.out());
        double[] all = Arrays.copyOf(second, first.length + second.length);
        System.arraycopy(first, 0, all, second.length, first.length);
        return all;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"sd3", "sd35_medium"})
    void everyLinearLayerIsReachedByBothSpellings(String golden) throws IOException {
        Sd3Config config;
        Map<String, long[]> linear = new TreeMap<>();
        try (Component transformer =
                Component.open(GoldenReport.folder("models").resolve("sd3/" + golden + "/transformer"))) {
            config = Sd3Config.of(transformer.config());
            transformer.weights().shapes().forEach((key, shape) -> {
                if (key.endsWith(".weight") && shape.length == 2) {
                    linear.put(key.replaceFirst("\\.weight$", ""), shape);
                }
            });
        }
        Random random = new Random(7);
        Map<String, LoraFactors> theirs = new LinkedHashMap<>();
        layers(config)
                .forEach((name, sizes) -> theirs.put(
                        name,
                        new LoraFactors(random(random, RANK, sizes[1]), random(random, sizes[0], RANK), ALPHA / RANK)));

        assertLayers(config, linear, theirs, read(LoraFormat.KOHYA, theirs));
        assertLayers(config, linear, theirs, read(LoraFormat.BFL, theirs));
    }

    private Map<String, LoraFactors> read(LoraFormat format, Map<String, LoraFactors> layers) throws IOException {
        boolean kohya = format == LoraFormat.KOHYA;
        Map<String, Array> arrays = new LinkedHashMap<>();
        layers.forEach((name, factors) -> {
            String key = kohya ? "lora_unet_" + name.replace('.', '_') : "diffusion_model." + name;
            arrays.put(key + ".alpha", Array.of(new float[] {(float) ALPHA}));
            arrays.put(key + (kohya ? ".lora_down.weight" : Lora.A), factors.a());
            arrays.put(key + (kohya ? ".lora_up.weight" : Lora.B), factors.b());
        });
        Path file = folder.resolve(format + ".safetensors");
        SafetensorsWriter.write(file, new ArrayWeights(arrays), Dtype.F32, Map.of());
        LoraFile read = LoraFile.read(file);
        assertEquals(format, read.format());
        return read.lora().modules();
    }

    private static void assertLayers(
            Sd3Config config,
            Map<String, long[]> linear,
            Map<String, LoraFactors> theirs,
            Map<String, LoraFactors> ours) {
        assertEquals(linear.keySet(), new TreeSet<>(ours.keySet()));
        linear.forEach((layer, shape) -> assertArrayEquals(
                shape, new long[] {ours.get(layer).out(), ours.get(layer).in()}, layer));
        int dim = config.dim();
        for (int i = 0; i < config.numLayers(); i++) {
            String block = "transformer_blocks." + i + ".";
            String joint = "joint_blocks." + i + ".";
            assertThirds(
                    theirs.get(joint + "x_block.attn.qkv"),
                    ours,
                    dim,
                    List.of(block + "attn.to_q", block + "attn.to_k", block + "attn.to_v"));
            assertThirds(
                    theirs.get(joint + "context_block.attn.qkv"),
                    ours,
                    dim,
                    List.of(block + "attn.add_q_proj", block + "attn.add_k_proj", block + "attn.add_v_proj"));
            LoraFactors modulation = theirs.get(joint + "context_block.adaLN_modulation.1");
            boolean last = i == config.numLayers() - 1;
            assertArrayEquals(
                    last ? exchanged(modulation) : product(modulation),
                    product(ours.get(block + "norm1_context.linear")),
                    block);
            assertArrayEquals(
                    product(theirs.get(joint + "x_block.mlp.fc2")), product(ours.get(block + "ff.net.2")), block);
        }
        assertArrayEquals(
                exchanged(theirs.get("final_layer.adaLN_modulation.1")), product(ours.get("norm_out.linear")));
        assertArrayEquals(
                product(theirs.get("y_embedder.mlp.2")), product(ours.get("time_text_embed.text_embedder.linear_2")));
    }

    private static void assertThirds(LoraFactors fused, Map<String, LoraFactors> ours, int dim, List<String> parts) {
        for (int i = 0; i < parts.size(); i++) {
            assertArrayEquals(product(fused, i * dim, (i + 1) * dim), product(ours.get(parts.get(i))), parts.get(i));
        }
    }

    @Test
    void theConvolutionOfPatchesIsRefusedByName() throws IOException {
        Map<String, Array> arrays = Map.of(
                "lora_unet_x_embedder_proj.lora_down.weight", Array.of(new float[RANK * 4], RANK, 1, 2, 2),
                "lora_unet_x_embedder_proj.lora_up.weight", Array.of(new float[4 * RANK], 4, RANK, 1, 1));
        Path file = folder.resolve("convolution.safetensors");
        SafetensorsWriter.write(file, new ArrayWeights(arrays), Dtype.F32, Map.of());
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(file)).getMessage();
        assertTrue(message.contains("'x_embedder_proj': expected A [rank, in]"), message);
    }
}
