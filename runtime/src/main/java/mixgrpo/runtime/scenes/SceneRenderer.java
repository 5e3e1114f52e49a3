package mixgrpo.runtime.scenes;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import mixgrpo.runtime.image.Image;
import org.apache.commons.rng.UniformRandomProvider;

/** Draws scenes with Java2D, antialiased at subpixel places; needs no display. */
public final class SceneRenderer {
    private SceneRenderer() {}

    /** A picture of a random scene that satisfies the prompt, a function of the generator's state alone. */
    public static Image render(ScenePrompt prompt, UniformRandomProvider random) {
        return draw(Scene.arrange(prompt, random));
    }

    /** The picture of a scene, {@link Scene#SIDE} pixels wide and high. */
    public static Image draw(Scene scene) {
        BufferedImage picture = new BufferedImage(Scene.SIDE, Scene.SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.setColor(new Color(scene.background()));
            graphics.fillRect(0, 0, Scene.SIDE, Scene.SIDE);
            for (Scene.Item item : scene.items()) {
                graphics.setColor(new Color(item.rgb()));
                graphics.fill(item.shape().outline(item.x(), item.y(), item.radius()));
            }
        } finally {
            graphics.dispose();
        }
        return Image.of(picture);
    }
}
