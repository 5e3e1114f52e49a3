package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mixgrpo.models.weights.AtomicFile;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.ProfilingVerbosity;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;

/** Builds the plan of a request, in the process that is there for it: what this takes is not given back. */
final class PlanBuilder {

    private static final int STRONGLY_TYPED = 0; // TensorRT 11 has no other networks: precision lies in the graph

    private final PlanRequest request;
    private final Consumer<String> progress;
    private final TensorRtLog log;
    private final List<BytePointer> weights = new ArrayList<>(); // read by the parser until the plan is built

    /** @throws mixgrpo.runtime.engine.EngineUnavailableException if TensorRT does not start here */
    PlanBuilder(PlanRequest request, Consumer<String> progress) {
        TensorRt.require(request.gpu());
        Cuda.use(request.gpu());
        this.request = request;
        this.progress = progress;
        log = new TensorRtLog();
    }

    /**
     * Writes the plan, and the timing cache if there is one.
     *
     * @throws IllegalStateException if TensorRT refuses the graph or finds no kernels; in its words
     */
    void build() throws IOException {
        IBuilder builder = log.made(nvinfer.createInferBuilder(log), "a builder");
        INetworkDefinition network = log.made(builder.createNetworkV2(STRONGLY_TYPED), "a network");
        progress.accept("reading the graph");
        parse(network);
        IBuilderConfig config = log.made(builder.createBuilderConfig(), "a configuration");
        configure(config);
        addProfile(builder, config);
        ITimingCache timings = timings(config);
        progress.accept("looking for the fastest kernels");
        IHostMemory plan = log.made(builder.buildSerializedNetwork(network, config), "a plan");
        progress.accept("writing the plan, %d bytes".formatted(plan.size()));
        write(Path.of(request.plan()), plan);
        if (timings != null) {
            write(Path.of(request.timingCache()), log.made(timings.serialize(), "a timing cache"));
        }
    }

    private void parse(INetworkDefinition network) throws IOException {
        IParser parser = log.made(nvonnxparser.createParser(network, log), "a parser");
        byte[] graph = Files.readAllBytes(Path.of(request.graph()));
        boolean parsed = parser.loadModelProto(new BytePointer(graph), graph.length);
        try (FileChannel file = FileChannel.open(Path.of(request.weights()))) {
            for (Map.Entry<String, PlanRequest.Place> entry : request.places().entrySet()) {
                PlanRequest.Place place = entry.getValue();
                BytePointer values =
                        new BytePointer(file.map(FileChannel.MapMode.READ_ONLY, place.offset(), place.bytes()));
                weights.add(values);
                parsed = parsed && parser.loadInitializer(entry.getKey(), values, place.bytes());
            }
        }
        if (!parsed || !parser.parseModelProto()) {
            throw new IllegalStateException("the graph is refused: %s".formatted(ParserErrors.of(parser, log)));
        }
    }

    private void configure(IBuilderConfig config) {
        PlanOptions options = request.options();
        config.setFlag(BuilderFlag.kREFIT);
        config.clearFlag(BuilderFlag.kTF32); // fp32 is fp32
        if (options.stripped()) {
            config.setFlag(BuilderFlag.kSTRIP_PLAN);
        }
        if (options.versionCompatible()) {
            config.setFlag(BuilderFlag.kVERSION_COMPATIBLE);
            config.setFlag(BuilderFlag.kEXCLUDE_LEAN_RUNTIME); // Maven Central does not have it
        }
        if (options.workspaceBytes() > 0) {
            config.setMemoryPoolLimit(MemoryPoolType.kWORKSPACE, options.workspaceBytes());
        }
        config.setBuilderOptimizationLevel(options.level());
        config.setProfilingVerbosity(ProfilingVerbosity.kDETAILED);
    }

    private void addProfile(IBuilder builder, IBuilderConfig config) {
        ShapeProfile shapes = ShapeProfile.parse(request.profile());
        IOptimizationProfile profile = log.made(builder.createOptimizationProfile(), "a profile");
        boolean accepted = true;
        for (String input : shapes.min().keySet()) {
            accepted &= profile.setDimensions(
                    input, OptProfileSelector.kMIN, Dimensions.of(shapes.min().get(input)));
            accepted &= profile.setDimensions(
                    input, OptProfileSelector.kOPT, Dimensions.of(shapes.opt().get(input)));
            accepted &= profile.setDimensions(
                    input, OptProfileSelector.kMAX, Dimensions.of(shapes.max().get(input)));
        }
        if (!accepted || !profile.isValid() || config.addOptimizationProfile(profile) < 0) {
            throw new IllegalStateException("the shapes %s are refused: %s".formatted(shapes, log.error()));
        }
    }

    /** What was measured before, where that is kept. */
    private ITimingCache timings(IBuilderConfig config) throws IOException {
        if (request.timingCache().isEmpty()) {
            return null;
        }
        Path file = Path.of(request.timingCache());
        byte[] known = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        ITimingCache cache = log.made(config.createTimingCache(new BytePointer(known), known.length), "a timing cache");
        if (!config.setTimingCache(cache, false)) {
            throw new IllegalStateException(
                    "--timing-cache: %s is of another TensorRT or GPU; delete it or name another file".formatted(file));
        }
        return cache;
    }

    private static void write(Path file, IHostMemory memory) throws IOException {
        BytePointer all = new BytePointer(memory.data());
        AtomicFile.write(file, channel -> {
            long step = 1L << 30; // a buffer holds less than 2 GiB
            for (long at = 0; at < memory.size(); at += step) {
                BytePointer piece = new BytePointer(all).position(at).limit(Math.min(memory.size(), at + step));
                AtomicFile.writeFully(channel, piece.asBuffer());
            }
        });
    }
}
