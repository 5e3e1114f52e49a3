package mixgrpo.tools;

import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.Precision;

/** The words that say how a graph is written. */
final class GraphWords {

    private GraphWords() {}

    static final class FormWord extends EnumWord<Form> {
        FormWord() {
            super(Form.class);
        }
    }

    static final class PrecisionWord extends EnumWord<Precision> {
        PrecisionWord() {
            super(Precision.class);
        }
    }
}
