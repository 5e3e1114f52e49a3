/**
 * What {@code tools/export} does with the networks of a model: which there are, what engines of them are tried on, and what came of it. How a network
 * becomes a graph, and how arrays are compared, is the exporter's.
 */
package mixgrpo.tools.export;
