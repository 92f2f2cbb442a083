/** The methods of a Response that read its body whole. */
export const bodyReaders = ['json', 'text', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;
