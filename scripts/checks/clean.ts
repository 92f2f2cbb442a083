// Removes the output of earlier builds, so that `dist` has no file of a deleted source file.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from '../lib/packages.ts';

for (const { path } of readPackages()) rmSync(join(path, 'dist'), { recursive: true, force: true });
