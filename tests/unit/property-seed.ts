/**
 * Generated tests take the same cases at every run, so that a commit passes or fails by what it changed. `FC_SEED=7 npm test` tries
 * others; what it finds is worth a test of its own.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_121) });
