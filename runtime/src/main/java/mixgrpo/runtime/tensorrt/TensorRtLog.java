package mixgrpo.runtime.tensorrt;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What TensorRT says, in this program's log. The last error is kept: calls that fail say no more than that. */
final class TensorRtLog extends ILogger {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLog.class);

    private volatile String error = "it gave no reason";

    /** Why the last call failed. */
    String error() {
        return error;
    }

    /**
     * What a call of TensorRT made.
     *
     * @param what for the message
     * @throws IllegalStateException if it made nothing; with the reason
     */
    <T extends Pointer> T made(T made, String what) {
        if (made == null || made.isNull()) {
            throw new IllegalStateException("TensorRT does not make %s: %s".formatted(what, error));
        }
        return made;
    }

    @Override
    public void log(ILogger.Severity severity, String message) {
        switch (severity) {
            case kINTERNAL_ERROR, kERROR -> {
                error = message;
                LOG.error("TensorRT: {}", message);
            }
            case kWARNING -> LOG.warn("TensorRT: {}", message);
            case kINFO -> LOG.debug("TensorRT: {}", message);
            case kVERBOSE -> LOG.trace("TensorRT: {}", message);
        }
    }
}
