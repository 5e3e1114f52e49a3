package mixgrpo.runtime.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.IIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import org.w3c.dom.Node;

/**
 * PNG files that say in text chunks how they were made. A text of Latin letters alone is a {@code tEXt} chunk, any other an
 * uncompressed {@code iTXt} chunk in UTF-8, as other programs write and read them (PNG specification, 11.3.4).
 */
public final class PngText {

    private static final String FORMAT = "javax_imageio_png_1.0";

    private PngText() {}

    /**
     * The bytes of an 8-bit PNG.
     *
     * @param texts by keyword, 1 to 79 Latin letters
     */
    public static byte[] encode(Image image, Map<String, String> texts) throws IOException {
        BufferedImage pixels = image.toBufferedImage();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            IIOMetadata metadata =
                    writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(pixels), null);
            metadata.mergeTree(FORMAT, tree(texts));
            writer.setOutput(out);
            writer.write(new IIOImage(pixels, null, metadata));
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static IIOMetadataNode tree(Map<String, String> texts) {
        IIOMetadataNode latin = new IIOMetadataNode("tEXt");
        IIOMetadataNode other = new IIOMetadataNode("iTXt");
        texts.forEach((keyword, text) -> {
            boolean isLatin = StandardCharsets.ISO_8859_1.newEncoder().canEncode(text);
            IIOMetadataNode entry = new IIOMetadataNode(isLatin ? "tEXtEntry" : "iTXtEntry");
            entry.setAttribute("keyword", keyword);
            if (isLatin) {
                entry.setAttribute("value", text);
                latin.appendChild(entry);
            } else {
                entry.setAttribute("compressionFlag", "FALSE");
                entry.setAttribute("compressionMethod", "0");
                entry.setAttribute("languageTag", "");
                entry.setAttribute("translatedKeyword", "");
                entry.setAttribute("text", text);
                other.appendChild(entry);
            }
        });
        IIOMetadataNode root = new IIOMetadataNode(FORMAT);
        for (IIOMetadataNode chunks : new IIOMetadataNode[] {latin, other}) {
            if (chunks.hasChildNodes()) {
                root.appendChild(chunks);
            }
        }
        return root;
    }

    /**
     * The texts of a PNG file by keyword, those in Latin letters first.
     *
     * @throws IOException naming the file if it is none
     */
    public static Map<String, String> read(Path file) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(Files.newInputStream(file))) {
            reader.setInput(in);
            Node root = reader.getImageMetadata(0).getAsTree(FORMAT);
            Map<String, String> texts = new LinkedHashMap<>();
            collect(root, "tEXtEntry", "value", texts);
            collect(root, "iTXtEntry", "text", texts);
            return texts;
        } catch (IIOException broken) {
            throw new IOException(file + ": no PNG, " + broken.getMessage(), broken);
        } finally {
            reader.dispose();
        }
    }

    private static void collect(Node node, String entry, String attribute, Map<String, String> texts) {
        if (node.getNodeName().equals(entry)) {
            var attributes = node.getAttributes();
            texts.put(
                    attributes.getNamedItem("keyword").getNodeValue(),
                    attributes.getNamedItem(attribute).getNodeValue());
        }
        for (Node child = node.getFirstChild(); child != null; child = child.getNextSibling()) {
            collect(child, entry, attribute, texts);
        }
    }
}
