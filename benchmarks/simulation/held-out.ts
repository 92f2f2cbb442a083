import { exponential } from './chance.ts';
import { atSpeed, behind, failing, type Scenario, type Trouble, usual, workers } from './scenarios.ts';

/** Scenarios that were not used for tuning. They show whether the defaults hold elsewhere. */
export const heldOut: readonly Scenario[] = [
  { ...usual, name: 'H1', title: 'a long stall', about: 'S1 for 30 s', troubleMs: 30_000, begin: atSpeed(0) },
  {
    ...usual,
    name: 'H2',
    title: 'a part is lost',
    about: 'for 10 s six requests in ten are never heard of again, as where some of the servers are gone',
    begin: behind(({ random }) => ({ meets: () => (random() < 0.6 ? 'lost' : undefined) })),
  },
  {
    ...usual,
    name: 'H3',
    title: '95 % fail at once',
    about: 'for 30 s nineteen requests in twenty come back as 500 at once',
    troubleMs: 30_000,
    begin: failing(0.95, { status: 500 }),
  },
  {
    ...usual,
    name: 'H4',
    title: 'a little too much',
    about: 'for 30 s the server works at 70 % of its speed, which is not enough for a load of 80 %',
    troubleMs: 30_000,
    begin: atSpeed(0.7),
  },
  {
    ...usual,
    name: 'H5',
    title: 'stall, even service times',
    about: 'S1, but all requests take as long',
    server: (random) => ({ ...usual.server(random), serviceMs: () => 50 }),
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'H6',
    title: 'stall, two kinds of requests',
    about: 'S1, but nine requests in ten take 15 ms and the tenth 365',
    server: (random) => ({ ...usual.server(random), serviceMs: () => (random() < 0.9 ? 15 : 365) }),
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'H7',
    title: 'stall, fifty clients',
    about: 'S1, but the calls come from fifty clients',
    clients: 50,
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'H8',
    title: 'errors that take their time',
    about: 'for 10 s every request is worked on, and six in ten come back as 500',
    server: (random) => ({ ...usual.server(random), workers: 2 * workers }),
    begin: ({ server, random }: Trouble) => {
      server.outcome = () => (random() < 0.6 ? 500 : 200);
      return () => {
        server.outcome = () => 200;
      };
    },
  },
  {
    ...usual,
    name: 'H9',
    title: 'stall, clients that rarely call',
    about: 'S1, but the calls come from a thousand clients, each with one call in six seconds',
    clients: 1000,
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'H10',
    title: 'instant 503, five seconds',
    about: 'S3 with a Retry-After of five seconds, and ten processes',
    clients: 10,
    begin: failing(1, { status: 503, retryAfterMs: 5000 }),
  },
  {
    ...usual,
    name: 'H11',
    title: 'stop and go',
    about: 'for 20 s the server stalls for two seconds in every four',
    troubleMs: 20_000,
    begin: ({ server, clock }: Trouble) => {
      let isOver = false;
      const turn = (speed: number): void => {
        if (isOver) return;
        server.speed = speed;
        clock.setTimer(() => turn(1 - speed), 2000);
      };
      turn(0);
      return () => {
        isOver = true;
        server.speed = 1;
      };
    },
  },
  {
    ...usual,
    name: 'H12',
    title: 'brown-out, ten processes',
    about: 'S2, but the calls come from ten processes, and service times vary more',
    clients: 10,
    server: (random) => ({
      ...usual.server(random),
      serviceMs: () => (random() < 0.5 ? exponential(90, random) : exponential(10, random)),
    }),
    begin: atSpeed(0.3),
  },
  {
    ...usual,
    name: 'H13',
    title: 'stall, clients that rarely call and were healthy for long',
    about: 'H9 after two minutes in which all was well',
    clients: 1000,
    beforeMs: 120_000,
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'H14',
    title: 'bare 503, tiny clients',
    about:
      'for 10 s every request is refused at once, without a time; 200 clients, each with four calls in five seconds',
    clients: 200,
    begin: failing(1, { status: 503 }),
  },
  {
    ...usual,
    name: 'H15',
    title: 'a third is lost, five processes',
    about: 'for 20 s one request in three is never heard of again, and those that arrive meet half the speed',
    clients: 5,
    callsPerSecond: 0.5 * usual.callsPerSecond,
    troubleMs: 20_000,
    begin: (trouble) => {
      const ends = [
        atSpeed(0.5)(trouble),
        behind(({ random }) => ({ meets: () => (random() < 1 / 3 ? 'lost' : undefined) }))(trouble),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  },
  {
    ...usual,
    name: 'H16',
    title: 'half the speed, a hundred clients',
    about: 'for 20 s the server works at half its speed, for a hundred clients that together are a load of 90 %',
    clients: 100,
    callsPerSecond: 1.125 * usual.callsPerSecond,
    troubleMs: 20_000,
    begin: atSpeed(0.5),
  },
];
