package mixgrpo.models;

/**
 * One step of a network: the unit of naming, of array lifetime, of recomputation and of error paths. Implementations are
 * records; equal records are the same code over other parameters, so an interpreter that emits text emits them once. Loops run
 * over configuration, never over values.
 */
@FunctionalInterface
public interface Stage {

    Carry apply(Scope scope, Carry in);
}
