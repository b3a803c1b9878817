// The URL of a store in a service of objects: `s3://bucket/prefix?region=...`. Pure, and strict: what is not understood is
// an error, since a misspelt parameter would write recordings to a place that nobody looks at.

import { isKeyPart } from './key.js';

/** Kinds of stores that are buckets of a service. */
export type BucketScheme = 's3' | 'gs' | 'azblob';

/** A bucket, where in it, and how it is reached. */
export interface BucketPlace {
  readonly scheme: BucketScheme;
  /** The storage account; of Azure only. */
  readonly account?: string;
  /** Bucket, or container. */
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** The URL as it is shown and stored: without parameters. */
  readonly url: string;
  readonly parameters: BucketParameters;
}

/** What may follow the `?`. None of them is a secret: credentials come from where the client of the service finds them. */
export interface BucketParameters {
  /** Base URL of the service, for others than the vendor's own. */
  readonly endpoint?: string;
  /** Region of the bucket; of S3 only. */
  readonly region?: string;
  /** Whether the bucket is named in the path rather than the host; of S3 only. Default: with an endpoint, yes. */
  readonly pathStyle?: boolean;
  /** How long one operation may take, repeated attempts included. Default: 60,000. */
  readonly timeoutMillis?: number;
}

/** A URL that names no bucket: what is wrong, and what to write instead. */
export interface BucketUrlFault {
  readonly fault: string;
  readonly advice: string;
}

const PARAMETERS: Readonly<Record<BucketScheme, readonly (keyof BucketParameters)[]>> = {
  s3: ['endpoint', 'region', 'pathStyle', 'timeoutMillis'],
  gs: ['endpoint', 'timeoutMillis'],
  azblob: ['endpoint', 'timeoutMillis'],
};

const EXAMPLES: Readonly<Record<BucketScheme, string>> = {
  s3: 's3://bucket/prefix?region=eu-central-1',
  gs: 'gs://bucket/prefix',
  azblob: 'azblob://account/container/prefix',
};

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,221}$/;
const ACCOUNT = /^[a-z0-9]{3,24}$/;
const CONTAINER = /^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/;
const MAX_PREFIX_LENGTH = 512;
const MAX_TIMEOUT_MILLIS = 3_600_000;

/** Takes the URL apart, or says why it cannot. */
export function parseBucketUrl(scheme: BucketScheme, url: string): BucketPlace | BucketUrlFault {
  const advice = `Write for example ${EXAMPLES[scheme]}.`;
  const [, path = '', query = ''] = /^[^:]+:\/\/([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (url.includes('#')) return { fault: 'it has a #', advice };
  const [authority = '', ...rest] = path.replace(/\/+$/, '').split('/');
  if (path.includes('@')) return { fault: 'it has credentials in it', advice: 'Give them to the client of the service, for example in environment variables.' };
  const [account, bucket = '', parts] = scheme === 'azblob' ? [authority, rest[0], rest.slice(1)] : [undefined, authority, rest];
  if (account !== undefined && !ACCOUNT.test(account))
    return { fault: 'after azblob:// comes the name of a storage account, 3 to 24 lower-case letters and digits', advice };
  if (scheme === 'azblob' ? !CONTAINER.test(bucket) : !BUCKET.test(bucket)) {
    return { fault: scheme === 'azblob' ? 'after the account comes the name of a container' : `after ${scheme}:// comes the name of a bucket`, advice };
  }
  const wrong = parts.find((part) => !isKeyPart(part));
  if (wrong !== undefined)
    return {
      fault: `its prefix has the part ${JSON.stringify(wrong.slice(0, 80))}, and parts are letters, digits and . _ = - after a first letter or digit`,
      advice,
    };
  const prefix = parts.length === 0 ? '' : `${parts.join('/')}/`;
  if (prefix.length > MAX_PREFIX_LENGTH) return { fault: `its prefix has ${prefix.length} characters, and ${MAX_PREFIX_LENGTH} are allowed`, advice };
  const parameters = parametersOf(scheme, new URLSearchParams(query));
  if ('fault' in parameters) return parameters;
  return {
    scheme,
    ...(account === undefined ? {} : { account }),
    bucket,
    prefix,
    url: [`${scheme}:/`, ...(account === undefined ? [] : [account]), bucket, ...parts].join('/'),
    parameters,
  };
}

function parametersOf(scheme: BucketScheme, search: URLSearchParams): BucketParameters | BucketUrlFault {
  const known = PARAMETERS[scheme];
  const advice = `Known are ${known.join(', ')}.`;
  const names = [...search.keys()];
  const unknown = names.filter((name) => !known.includes(name as keyof BucketParameters));
  // Names only: what somebody put there may be a secret.
  if (unknown.length > 0) {
    return {
      fault: `${unknown.length === 1 ? 'there is no parameter' : 'there are no parameters'} ${unknown.map((name) => JSON.stringify(name.slice(0, 80))).join(', ')} of ${scheme}:`,
      advice,
    };
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return { fault: `its parameter ${twice} is there twice`, advice: 'Leave one of them.' };
  const [endpoint, region, pathStyle, timeout] = ['endpoint', 'region', 'pathStyle', 'timeoutMillis'].map((name) => search.get(name) ?? undefined);
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    return {
      fault: 'its parameter endpoint is no http or https URL without credentials and parameters',
      advice: 'Write for example endpoint=http://127.0.0.1:9000.',
    };
  }
  if (region !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(region))
    return { fault: 'its parameter region is no name of a region', advice: 'Write for example region=eu-central-1.' };
  if (pathStyle !== undefined && pathStyle !== 'true' && pathStyle !== 'false')
    return { fault: 'its parameter pathStyle is neither true nor false', advice: 'Write pathStyle=true or pathStyle=false.' };
  const timeoutMillis = timeout === undefined ? undefined : /^\d{1,9}$/.test(timeout) ? Number(timeout) : Number.NaN;
  if (timeoutMillis !== undefined && !(timeoutMillis >= 1 && timeoutMillis <= MAX_TIMEOUT_MILLIS)) {
    return { fault: `its parameter timeoutMillis is no whole number from 1 to ${MAX_TIMEOUT_MILLIS}`, advice: 'Write for example timeoutMillis=60000.' };
  }
  return {
    ...(endpoint === undefined ? {} : { endpoint: endpoint.replace(/\/+$/, '') }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === undefined ? {} : { pathStyle: pathStyle === 'true' }),
    ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
  };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' && search === '' && hash === '';
}
