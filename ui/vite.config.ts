import react from '@vitejs/plugin-react';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The most that the operator's screen may weigh, compressed: log-in, shell and workspace together. */
const WORKSPACE_BYTES_MAX = 400_000;

/** Fails the build when the workspace has become too heavy. */
function weighWorkspace(): Plugin {
  return {
    name: 'weigh-workspace',
    generateBundle(_options, bundle) {
      const chunks = new Set<string>();
      const add = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || chunks.has(name)) return;
        chunks.add(name);
        for (const each of chunk.imports) add(each);
      };
      for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === 'chunk' && (chunk.isEntry || chunk.name === 'Workspace')) add(name);
      let bytes = 0;
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk' && chunks.has(name)) bytes += gzipSync(part.code).length;
        if (part.type === 'asset' && name.endsWith('.css')) bytes += gzipSync(part.source).length;
      }
      if (bytes > WORKSPACE_BYTES_MAX) this.error(`the workspace weighs ${bytes} bytes compressed, more than ${WORKSPACE_BYTES_MAX}`);
      this.info(`the workspace weighs ${bytes} bytes compressed`);
    },
  };
}

/** Where `npm run dev` finds a running server. */
const server = process.env.LENDERBOX_ADDRESS ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), weighWorkspace()],
  build: {
    target: 'es2022',
    // The page is served with `default-src 'self'`: nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: { '/api': { target: server, ws: true } } },
  // Without isolation the browser's likeness is made once, not for each file; tests clear what they write.
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], isolate: false },
});
