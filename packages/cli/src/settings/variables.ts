/** Every environment variable that the CLI reads, for help and reference. */
export const VARIABLES = [
  { name: 'KUPE_HOST', meaning: 'The server, like https://api.example.com; KUPE_API_URL if it is not set.' },
  { name: 'KUPE_TENANT', meaning: 'The tenant.' },
  { name: 'KUPE_CONTEXT', meaning: 'The context to use instead of the current one, where KUPE_HOST and KUPE_TENANT say nothing.' },
  { name: 'KUPE_API_KEY', meaning: 'The API key; KUPE_API_TOKEN if it is not set.' },
  { name: 'KUPE_OIDC_ISSUER', meaning: 'The issuer to sign in at, its whole address.' },
  { name: 'KUPE_OIDC_BASE_URL', meaning: 'Instead of it: what /application/o/<client id>/ is appended to.' },
  { name: 'KUPE_OIDC_CLIENT_ID', meaning: 'The client to sign in as; kupe-cli if it is not set.' },
  {
    name: 'KUPE_CONFIG',
    meaning: 'The folder of the contexts and logins; $XDG_CONFIG_HOME/openkupe or ~/.config/openkupe if it is not set.',
  },
  { name: 'KUPE_CA_FILE', meaning: 'Certificates (PEM) to trust besides the usual ones.' },
  { name: 'HTTPS_PROXY', meaning: 'The proxy for https servers and issuers; HTTP_PROXY for http. In lower case, too, which wins.' },
  { name: 'NO_PROXY', meaning: 'What is reached without it: hosts with what is below them, host:port, addresses, networks, or *.' },
  { name: 'KUBECONFIG', meaning: 'The files of which `cluster kubeconfig --merge` edits the first writable one.' },
  { name: 'NO_COLOR', meaning: 'No colours, if set to anything; so does TERM=dumb.' },
  { name: 'FORCE_COLOR', meaning: 'Colours on stderr where there is no terminal, if set to anything but 0.' },
  { name: 'CI', meaning: 'No questions and no line that is redrawn, if set to anything.' },
] as const;
