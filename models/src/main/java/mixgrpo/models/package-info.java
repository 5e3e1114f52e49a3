/**
 * The language in which networks are defined once: {@link mixgrpo.models.Tensor values},
 * {@link mixgrpo.models.Scope parameters}, {@link mixgrpo.models.Stage stages} and the {@link mixgrpo.models.Network} they
 * make up. Interpreters elsewhere compute, record or export them; nothing here knows a dtype, a device or an engine.
 */
package mixgrpo.models;
