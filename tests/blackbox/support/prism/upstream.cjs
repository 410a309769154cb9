// Loaded before prism: it knows one server behind it, a suite has many stacks. A request goes to where its header says, which ends here.
const http = require("http");

const request = http.request;

http.request = (options, ...rest) => {
  const name = Object.keys(options.headers ?? {}).find((each) => each.toLowerCase() === "x-upstream");
  if (name) {
    const { hostname, port, host } = new URL([options.headers[name]].flat()[0]);
    delete options.headers[name];
    Object.assign(options, { hostname, port, host: hostname });
    delete options.href;
    for (const each of Object.keys(options.headers))
      if (each.toLowerCase() === "host") options.headers[each] = host;
  }
  return request(options, ...rest);
};
