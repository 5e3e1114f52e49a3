package mixgrpo.trainer.torchscript;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.lora.Lora;

/**
 * A network as TorchScript text. One method a distinct stage; {@code forward} runs them all. With recomputation
 * {@code forward} also returns what passes between the stages, and {@code backward} computes stage by stage again, from the
 * last to the first, to carry output gradients to the parameters; without, {@code backward} follows the graph of
 * {@code forward}.
 *
 * @param className of the module
 * @param code of the module
 * @param parameters shape of every parameter by its full key, in the order of {@code w}
 * @param outputs names of the returned values
 * @param kept number of further values that {@code forward} returns and {@code backward} takes (0 without recomputation)
 */
record ScriptSource(String className, String code, Map<String, long[]> parameters, List<String> outputs, int kept) {

    static ScriptSource of(Network network, ScriptOptions options) {
        return new Writer(network, options, false).write();
    }

    /** Also returns every tapped value, named by its full key, after the network's outputs. */
    static ScriptSource withTaps(Network network, ScriptOptions options) {
        return new Writer(network, options, true).write();
    }

    /** One use of a stage method; its parameters begin at {@code offset}, its variables are unique in the network. */
    private record Call(String method, int offset, List<String> arguments, List<String> results, boolean trained) {}

    /**
     * The text of a stage, shared by all equal stages: which of the carried values it reads, which variables it returns, what it
     * carries on (an argument's place or a variable by name), and its taps (variable by name).
     */
    private record Method(
            String name,
            List<Integer> used,
            List<String> results,
            Map<String, Object> passedOn,
            Map<String, String> taps) {}

    private static final class Writer {
        private static final String CLASS = "Net";

        private final Network network;
        private final ScriptOptions options;
        private final boolean withTaps;
        private final StringBuilder methods = new StringBuilder();
        private final Map<Object, Method> written = new LinkedHashMap<>();
        private final Map<String, long[]> parameters = new LinkedHashMap<>();
        private final List<Call> calls = new ArrayList<>();
        private final Map<String, String> taps = new LinkedHashMap<>();

        Writer(Network network, ScriptOptions options, boolean withTaps) {
            this.network = network;
            this.options = options;
            this.withTaps = withTaps;
        }

        ScriptSource write() {
            List<String> inputs =
                    network.inputs().stream().map(Network.Input::name).toList();
            Map<String, String> carried = new LinkedHashMap<>();
            for (int i = 0; i < inputs.size(); i++) {
                carried.put(inputs.get(i), "i" + i);
            }
            for (NamedStage stage : network.stages()) {
                carried = call(stage, carried);
            }
            List<String> names = new ArrayList<>(network.outputs());
            List<String> results = new ArrayList<>();
            for (String output : network.outputs()) {
                String result = carried.get(output);
                if (result == null) {
                    throw new IllegalStateException("network '%s' promises output '%s'; its last stage leaves %s"
                            .formatted(network.name(), output, carried.keySet()));
                }
                results.add(result);
            }
            taps.forEach((name, value) -> {
                names.add(name);
                results.add(value);
            });
            List<String> kept = options.recompute() ? kept(results) : List.of();
            String code =
                    "class %s(Module):%n  __parameters__ = []%n  __buffers__ = []%n  training : bool%n".formatted(CLASS)
                            + methods
                            + GRADIENT
                            + PROPAGATE
                            + forward(inputs.size(), results, kept)
                            + (options.recompute() ? recomputingBackward(results, kept) : GRAPH_BACKWARD);
            return new ScriptSource(CLASS, code, parameters, List.copyOf(names), kept.size());
        }

        /** Emits the stage's method if it is new and adds its call; returns the variables carried after it. */
        private Map<String, String> call(NamedStage stage, Map<String, String> carried) {
            ScriptScope scope = new ScriptScope(options, stage.path());
            Map<String, Tensor> in = new LinkedHashMap<>();
            List<ScriptScope.Value> arguments = new ArrayList<>();
            for (String name : carried.keySet()) {
                ScriptScope.Value argument = scope.argument("a" + arguments.size());
                arguments.add(argument);
                in.put(name, argument);
            }
            Carry out = stage.stage().apply(scope, new Carry(in));
            // Adapters may make equal stages differ; their parameters then differ too.
            Object key = List.of(
                    stage.stage(),
                    List.copyOf(carried.keySet()),
                    List.copyOf(scope.parameters().keySet()));
            Method method = written.get(key);
            if (method == null) {
                method = method(scope, arguments, out);
                written.put(key, method);
            }
            int offset = parameters.size();
            scope.parameters().forEach((name, shape) -> {
                if (parameters.put(stage.key(name), shape) != null) {
                    throw new IllegalStateException(
                            "parameter '%s' belongs to two stages of '%s'".formatted(stage.key(name), network.name()));
                }
            });
            List<String> variables = List.copyOf(carried.values());
            String prefix = "c" + calls.size() + "_";
            boolean trained = scope.parameters().keySet().stream()
                    .anyMatch(name -> options.lora().isEmpty() || Lora.isAdapter(name));
            calls.add(new Call(
                    method.name(),
                    offset,
                    method.used().stream().map(variables::get).toList(),
                    method.results().stream().map(name -> prefix + name).toList(),
                    trained));
            method.taps().forEach((name, variable) -> taps.put(stage.key(name), prefix + variable));
            Map<String, String> after = new LinkedHashMap<>();
            method.passedOn()
                    .forEach((name, value) ->
                            after.put(name, value instanceof Integer place ? variables.get(place) : prefix + value));
            return after;
        }

        private Method method(ScriptScope scope, List<ScriptScope.Value> arguments, Carry out) {
            Set<String> results = new LinkedHashSet<>();
            Map<String, Object> passedOn = new LinkedHashMap<>();
            out.values().forEach((name, value) -> {
                int argument = arguments.indexOf(value);
                if (argument >= 0) {
                    passedOn.put(name, argument);
                } else {
                    passedOn.put(name, value.toString());
                    results.add(value.toString());
                }
            });
            Map<String, String> tapped = new LinkedHashMap<>();
            if (withTaps) {
                scope.taps().forEach((name, value) -> {
                    tapped.put(name, value.toString());
                    results.add(value.toString());
                });
            }
            List<Integer> used = IntStream.range(0, arguments.size())
                    .filter(place -> scope.uses(arguments.get(place)))
                    .boxed()
                    .toList();
            String name = "stage" + written.size();
            methods.append(
                    "  def %s(self: __torch__.%s, w: List[Tensor], o: int%s) -> List[Tensor]:%n%s    return [%s]%n"
                            .formatted(
                                    name,
                                    CLASS,
                                    used.stream()
                                            .map(place -> ", a" + place + ": Tensor")
                                            .collect(Collectors.joining()),
                                    scope.body(),
                                    String.join(", ", results)));
            return new Method(name, used, List.copyOf(results), passedOn, tapped);
        }

        private String forward(int inputs, List<String> results, List<String> kept) {
            StringBuilder text = new StringBuilder(
                    "  def forward(self: __torch__.%s, i: List[Tensor], w: List[Tensor]) -> List[Tensor]:%n"
                            .formatted(CLASS));
            for (int input = 0; input < inputs; input++) {
                text.append("    i%d = i[%d]%n".formatted(input, input));
            }
            if (options.recompute()) {
                text.append("    torch.set_grad_enabled(False)\n");
            }
            for (Call call : calls) {
                appendCall(text, call, call.arguments(), call.results());
            }
            if (options.recompute()) {
                text.append("    torch.set_grad_enabled(True)\n");
            }
            List<String> returned = new ArrayList<>();
            results.forEach(result -> returned.add("torch.to(%s, 6)".formatted(result)));
            returned.addAll(kept);
            return text.append("    return [%s]%n".formatted(String.join(", ", returned)))
                    .toString();
        }

        private static void appendCall(StringBuilder text, Call call, List<String> arguments, List<String> results) {
            String list = arguments.stream().map(argument -> ", " + argument).collect(Collectors.joining());
            text.append("    r = self.%s(w, %d%s)%n".formatted(call.method(), call.offset(), list));
            for (int i = 0; i < results.size(); i++) {
                text.append("    %s = r[%d]%n".formatted(results.get(i), i));
            }
        }

        /** {@code backward(outputs, gradients)} along the graph that {@code forward} built. */
        private static final String GRAPH_BACKWARD =
                """
                \s def backward(self: __torch__.Net, y: List[Tensor], g: List[Tensor]) -> List[Tensor]:
                    u = self.propagate(y, g)
                    return [g[0]]
                """;

        /** Takes gradients back from those of some values that depend on what is trained: with adapters not all have to. */
        private static final String PROPAGATE =
                """
                \s def propagate(self: __torch__.Net, y: List[Tensor], g: List[Tensor]) -> int:
                    z = annotate(List[Tensor], [])
                    h = annotate(List[Optional[Tensor]], [])
                    for k in range(len(y)):
                      if (y[k]).requires_grad:
                        z.append(y[k])
                        h.append(g[k])
                    if len(z) > 0:
                      torch.backward(z, h)
                    return len(z)
                """;

        /**
         * The gradient of a leaf, zero where none reached it. {@code x.grad} is a Tensor to the compiler, which would take the
         * question whether it is None for settled; an element of a list of optionals is not.
         */
        private static final String GRADIENT =
                """
                \s def gradient(self: __torch__.Net, x: Tensor) -> Tensor:
                    l = annotate(List[Optional[Tensor]], [])
                    l.append(x.grad)
                    g = l[0]
                    if g is None:
                      r = torch.zeros_like(x)
                    else:
                      r = unchecked_cast(Tensor, g)
                    return r
                """;

        /** Values that stages read and another stage or the caller made; the order is that of {@code forward}'s extra results. */
        private List<String> kept(List<String> results) {
            Set<String> kept = new LinkedHashSet<>();
            calls.forEach(call -> kept.addAll(call.arguments()));
            kept.removeIf(value -> results.contains(value));
            List<String> list = new ArrayList<>(results);
            list.addAll(kept);
            return list;
        }

        /**
         * {@code backward(kept, gradients, w)}: every stage once more, with gradients, from the last to the first. A value needs
         * a gradient if a trained parameter lies before it; the gradient of a value read by several stages adds up.
         */
        private String recomputingBackward(List<String> results, List<String> kept) {
            Set<String> needs = new LinkedHashSet<>();
            for (Call call : calls) {
                if (call.trained() || call.arguments().stream().anyMatch(needs::contains)) {
                    needs.addAll(call.results());
                }
            }
            StringBuilder text = new StringBuilder(
                    "  def backward(self: __torch__.%s, k: List[Tensor], g: List[Tensor], w: List[Tensor]) -> List[Tensor]:%n"
                            .formatted(CLASS));
            for (int i = 0; i < kept.size(); i++) {
                text.append("    k_%s = k[%d]%n".formatted(kept.get(i), i));
            }
            Set<String> withGradient = new LinkedHashSet<>();
            for (int i = 0; i < results.size(); i++) {
                if (needs.contains(results.get(i))) {
                    text.append("    g_%s = torch.to(g[%d], k_%s)%n".formatted(results.get(i), i, results.get(i)));
                    withGradient.add(results.get(i));
                }
            }
            for (int index = calls.size() - 1; index >= 0; index--) {
                appendBackward(text, calls.get(index), needs, withGradient);
            }
            return text.append("    return [g[0]]\n").toString();
        }

        private static void appendBackward(StringBuilder text, Call call, Set<String> needs, Set<String> withGradient) {
            List<String> reached =
                    call.results().stream().filter(withGradient::contains).toList();
            if (reached.isEmpty()) {
                return;
            }
            List<String> arguments = new ArrayList<>();
            for (String argument : call.arguments()) {
                arguments.add("x_" + argument);
                String detached = "torch.detach(k_%s)".formatted(argument);
                text.append("    x_%s = %s%n"
                        .formatted(
                                argument,
                                needs.contains(argument) ? "torch.requires_grad_(%s)".formatted(detached) : detached));
            }
            appendCall(
                    text,
                    call,
                    arguments,
                    call.results().stream().map(result -> "y_" + result).toList());
            text.append("    u = self.propagate([%s], [%s])%n"
                    .formatted(
                            reached.stream().map(result -> "y_" + result).collect(Collectors.joining(", ")),
                            reached.stream().map(result -> "g_" + result).collect(Collectors.joining(", "))));
            for (String argument : new LinkedHashSet<>(call.arguments())) {
                if (needs.contains(argument)) {
                    String own = "self.gradient(x_%s)".formatted(argument);
                    boolean known = !withGradient.add(argument);
                    text.append("    g_%s = %s%n"
                            .formatted(argument, known ? "torch.add(g_%s, %s)".formatted(argument, own) : own));
                }
            }
        }
    }
}
