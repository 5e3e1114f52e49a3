package mixgrpo.models;

/** A stage and the path that goes before its parameter names; an empty path adds nothing. */
public record NamedStage(String path, Stage stage) {

    /** The full key of a parameter or tap of this stage. */
    public String key(String name) {
        if (path.isEmpty()) {
            return name;
        }
        return name.isEmpty() ? path : path + "." + name;
    }
}
