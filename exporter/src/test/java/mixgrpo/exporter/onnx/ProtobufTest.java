package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ProtobufTest {

    private static String hex(Protobuf message) {
        return HexFormat.of().formatHex(message.toBytes());
    }

    /** The examples of protobuf.dev, "Encoding". */
    @Test
    void bytesAreThoseOfTheDocumentation() {
        assertEquals("089601", hex(new Protobuf().number(1, 150)));
        assertEquals("120774657374696e67", hex(new Protobuf().text(2, "testing")));
        assertEquals("1a03089601", hex(new Protobuf().message(3, new Protobuf().number(1, 150))));
    }

    @Test
    void negativeNumbersTakeTenBytes() {
        assertEquals("08feffffffffffffffff01", hex(new Protobuf().number(1, -2)));
    }

    @Test
    void realsAreLittleEndianAndFieldsAboveFifteenTakeTwoBytes() {
        assertEquals("150000c03f", hex(new Protobuf().real(2, 1.5f)));
        assertEquals("a00102", hex(new Protobuf().number(20, 2)));
    }
}
