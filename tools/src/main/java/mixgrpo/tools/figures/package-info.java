/** How commands give their results: numbers with units for people, records as JSON for programs. */
package mixgrpo.tools.figures;
