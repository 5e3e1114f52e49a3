/**
 * {@code report.html}: a run's folder as one page that needs nothing else, no server, no network, no script. Each part of the page is
 * a class; what they know of a run is in {@code RunData}.
 */
package mixgrpo.tools.report;
