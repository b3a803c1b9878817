// Real servers that keep objects, as child processes on free loopback ports, with their data in a temporary folder that
// goes with them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { requireBinary, type RunningServer, startProcess, withFreePorts } from './servers.js';

/** A running server of objects. */
export interface ObjectServer extends RunningServer {
  /** Base URL of the service. */
  readonly endpoint: string;
}

/** What the S3 server takes as credentials. */
export const S3_CREDENTIALS = { accessKeyId: 'chronicle-test', secretAccessKey: 'chronicle-test-secret' } as const;

/** Starts SeaweedFS with its S3 door, and that bucket in it. */
export async function startS3(bucket: string): Promise<ObjectServer> {
  return inFolder((folder) =>
    withFreePorts(12, async ([s3, s3Grpc, iceberg, lance, master, masterGrpc, filer, filerGrpc, volume, volumeGrpc, admin, adminGrpc]) => {
      const ports = {
        's3.port': s3,
        's3.port.grpc': s3Grpc,
        's3.port.iceberg': iceberg,
        's3.port.lance': lance,
        'master.port': master,
        'master.port.grpc': masterGrpc,
        'filer.port': filer,
        'filer.port.grpc': filerGrpc,
        'volume.port': volume,
        'volume.port.grpc': volumeGrpc,
        'admin.port': admin,
        'admin.port.grpc': adminGrpc,
      };
      const server = await startProcess({
        path: requireBinary('weed'),
        args: [
          'mini',
          '-ip=127.0.0.1',
          '-ip.bind=127.0.0.1',
          `-dir=${folder}`,
          `-bucket=${bucket}`,
          '-admin.ui=false',
          '-webdav=false',
          // As S3 does.
          '-s3.autoCreateBucket=false',
          // It reports its use otherwise.
          '-master.telemetry=false',
          ...Object.entries(ports).map(([name, port]) => `-${name}=${port}`),
        ],
        cwd: folder,
        env: { HOME: folder, AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey },
        readyUrls: [`http://127.0.0.1:${s3}/healthz`],
      });
      return { ...server, endpoint: `http://127.0.0.1:${s3}` };
    }),
  );
}

/** Starts gofakes3, which keeps objects in memory and takes any credentials; its listings go by the whole key. */
export async function startGofakes3(bucket: string): Promise<ObjectServer> {
  return withFreePorts(1, async ([port]) => {
    const endpoint = `http://127.0.0.1:${port}`;
    const args = ['-backend', 'memory', '-host', `127.0.0.1:${port}`, '-initialbucket', bucket];
    const server = await startProcess({ path: requireBinary('gofakes3'), args, cwd: tmpdir(), env: {}, readyUrls: [endpoint] });
    return { ...server, endpoint };
  });
}

/** Starts fake-gcs-server, which keeps objects in memory, and makes that bucket in it. */
export async function startGcs(bucket: string): Promise<ObjectServer> {
  return withFreePorts(1, async ([port]) => {
    const endpoint = `http://127.0.0.1:${port}`;
    const args = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory', '-public-host', `127.0.0.1:${port}`];
    const server = await startProcess({ path: requireBinary('fakegcs'), args, cwd: tmpdir(), env: {}, readyUrls: [`${endpoint}/_internal/healthcheck`] });
    const made = await fetch(`${endpoint}/storage/v1/b?project=test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket }),
    });
    if (!made.ok) throw new Error(`Cannot make the bucket: ${made.status} ${await made.text()}`);
    return { ...server, endpoint };
  });
}

/** The account of Azurite, which its documentation prints with its key. */
export const AZURITE_ACCOUNT = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const;

/** Starts Azurite, and makes that container in it. */
export async function startAzurite(container: string): Promise<ObjectServer> {
  return inFolder((folder) =>
    withFreePorts(1, async ([port]) => {
      const endpoint = `http://127.0.0.1:${port}/${AZURITE_ACCOUNT.name}`;
      const args = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder, '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
      const server = await startProcess({
        path: requireBinary('azurite'),
        args,
        cwd: folder,
        env: { HOME: folder },
        readyUrls: [endpoint],
        refusal: 'is ready',
      });
      const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT.name, AZURITE_ACCOUNT.key);
      await new ContainerClient(`${endpoint}/${container}`, credential).create();
      return { ...server, endpoint };
    }),
  );
}

/** Gives a server a folder of its own, which is removed when it is stopped. */
async function inFolder(start: (folder: string) => Promise<ObjectServer>): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'chronicle-objects-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await start(folder);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
