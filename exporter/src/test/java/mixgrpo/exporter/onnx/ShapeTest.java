package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeTest {

    private static Shape shape(String... axes) {
        return Shape.parse(List.of(axes));
    }

    @Test
    void whatIsJoinedCanBeCutAgain() {
        Shape joined = shape("batch", "text", "8").concat(1, shape("batch", "image", "8"));
        assertEquals("[batch, image + text, 8]", joined.toString());
        assertEquals(Extent.symbol("image"), joined.get(1).minus(Extent.symbol("text")));
    }

    @Test
    void reshapeInfersWhatIsLeftOfSymbols() {
        assertEquals(shape("batch", "n", "6", "32"), shape("batch", "n", "192").reshape(0, 0, 6, -1));
        assertEquals(
                "[batch, 4, height*width]",
                shape("batch", "4", "height", "width").reshape(0, 0, -1).toString());
        assertEquals("[batch, 8*n]", shape("batch", "n", "8").reshape(0, -1).toString());
    }

    @Test
    void reshapeRefusesAnotherNumberOfElements() {
        assertThrows(IllegalStateException.class, () -> shape("2", "6").reshape(5, -1));
        assertThrows(IllegalStateException.class, () -> shape("2", "6").reshape(3, 5));
    }

    @Test
    void twoSymbolsBroadcastToTheLarger() {
        assertEquals(
                "[max(a, b), 3]",
                Shape.broadcast(shape("a", "3"), shape("b", "1")).toString());
        assertEquals(shape("a", "4"), Shape.broadcast(shape("4"), shape("a", "1")));
        assertThrows(IllegalStateException.class, () -> Shape.broadcast(shape("2"), shape("3")));
    }

    @Test
    void aConvolutionHalvesAndAnEnlargementDoublesSymbols() {
        Extent height = Extent.symbol("height");
        assertEquals("2*height", height.times(Extent.of(2)).toString());
        assertEquals(height, height.times(Extent.of(2)).over(2));
        assertEquals(
                "floor((height - 2) / 2) + 1", height.plus(-2).over(2).plus(1).toString());
        assertEquals(Extent.of(3), Extent.of(7).over(2));
    }
}
