package mixgrpo.tools.model;

import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.engine.NvidiaDriver;

/** The NVIDIA GPU that engines compute on, as its driver describes it. */
final class Gpu {

    private Gpu() {}

    /** Its maker's name; its number where no driver tells. */
    static String name() {
        int number = EngineProbe.cudaDevice();
        return NvidiaDriver.ofMachine()
                .map(NvidiaDriver::devices)
                .filter(devices -> number < devices.size())
                .map(devices -> devices.get(number))
                .orElse("GPU %d".formatted(number));
    }

    /** Version of its driver; empty where none runs. */
    static String driver() {
        return NvidiaDriver.ofMachine().map(NvidiaDriver::version).orElse("");
    }
}
