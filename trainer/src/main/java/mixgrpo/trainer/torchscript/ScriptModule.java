package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A loaded TorchScript module without parameters of its own. Its methods take lists of tensors. Gradient mode, the graph
 * optimizer and the number of threads are switches of the calling thread in libtorch, so every call sets them. May be called by
 * several threads at once.
 */
final class ScriptModule implements AutoCloseable {

    private final PtSymbolBlock block;
    private final int threads = JniUtils.getNumThreads();

    /** @throws IllegalStateException if the text does not compile; the message has libtorch's line and reason */
    ScriptModule(NDManager manager, String className, String code) {
        try {
            block = JniUtils.loadModule(
                    (PtNDManager) manager, new ByteArrayInputStream(ScriptArchive.of(className, code)), false, false);
        } catch (IOException e) {
            throw new UncheckedIOException("reading a module from memory failed", e);
        }
    }

    /** A list argument of a method: all its arrays, under one name. */
    record Argument(String name, List<? extends NDArray> arrays) {}

    /**
     * Calls a method that builds or follows a gradient graph. Results belong to {@code owner}.
     *
     * @param arguments in the order of the method's parameters; none may be empty
     */
    NDList callWithGradients(NDManager owner, String method, Argument... arguments) {
        prepareThread(true);
        try (NDArray tag = owner.create(0f)) {
            // The first array names the method and its manager owns the results.
            tag.setName("module_method:" + method);
            NDList list = new NDList(tag);
            for (Argument argument : arguments) {
                for (NDArray array : argument.arrays()) {
                    array.setName(argument.name() + "[]");
                    list.add(array);
                }
            }
            return IValueUtils.forward(block, list, true);
        } finally {
            JniUtils.setGradMode(false);
        }
    }

    /** Calls a method in inference mode; its results cannot enter a gradient graph. Results belong to {@code owner}. */
    NDList call(NDManager owner, String method, Object... arguments) {
        prepareThread(false);
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < arguments.length; i++) {
                values[i] = value(arguments[i]);
            }
            try (IValue result = IValueUtils.runMethod(block, method, values)) {
                return result.toNDList((PtNDManager) owner);
            }
        } finally {
            for (IValue value : values) {
                if (value != null) {
                    value.close();
                }
            }
        }
    }

    /** A thread that libtorch has not seen yet would compute its first product with all cores, and in other bits. */
    private void prepareThread(boolean gradients) {
        JniUtils.setNumThreads(threads);
        JniUtils.setGradMode(gradients);
        JniUtils.setGraphExecutorOptimize(false);
    }

    private static IValue value(Object argument) {
        if (argument instanceof Double number) {
            return IValue.from(number);
        }
        if (argument instanceof List<?> arrays) {
            return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
        }
        throw new IllegalStateException("a method takes lists of arrays and numbers, got " + argument.getClass());
    }

    @Override
    public void close() {
        block.close();
    }
}
