import { lookForIncident } from '../incident.ts';
import type { Guide, StatusGuide } from './status-guide.ts';

/** For a 4xx without a guide of its own. */
export const clientErrorGuide: Guide = {
  title: 'The API refused the request',
  causes: ['The request differs from what the API expects'],
  remedies: [
    'Read the message and `error.issues`, and compare the request with the documentation',
    'Sending it again unchanged is unlikely to help, so Holdfast does not; `policies` can change that',
  ],
};

/** For a 5xx without a guide of its own. */
export const serverErrorGuide: StatusGuide = {
  title: 'The server could not answer the request',
  causes: ['A fault in the API, or in a proxy in front of it'],
  promisesRetry: true,
  remedies: [
    'Holdfast sends it again by itself, as after a 500, where that is safe',
    lookForIncident,
    'Send `error.supportReport()` to support: it holds the request id and no secrets',
  ],
};

/** For a 5xx that says that another attempt will fail in the same way. */
export const finalServerErrorGuide: Guide = {
  title: 'The server does not support the request, or is misconfigured',
  causes: ['Something that the API does not support', 'A certificate, or a login in front of the API, that is refused'],
  remedies: [
    'Compare method and URL with the documentation',
    'Holdfast does not send it again unless `policies` name this status',
    'Send `error.supportReport()` to support: it holds the request id and no secrets',
  ],
};

/** For any other status that was made an error. */
export const unknownGuide: Guide = {
  title: 'An answer that was not expected',
  causes: ['A status that is neither success nor a known kind of error'],
  remedies: ['Compare the URL with the documentation; a proxy may have answered in place of the API'],
};
