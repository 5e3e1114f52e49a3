/**
 * What every interpreter of network definitions must compute: one test an operation, expected values from plain loops in
 * double. An interpreter's module implements {@link mixgrpo.models.contract.ForwardContract} and, if it differentiates,
 * {@link mixgrpo.models.contract.GradientContract}; nothing here knows an engine.
 */
package mixgrpo.models.contract;
