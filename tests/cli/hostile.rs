//! What a hostile server can do: nothing. It can neither fill the memory nor hold the run back, and none of its
//! words is more than a word.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use backstop_testkit::{Answer, Cli, Finished, Request, Response, Scratch, Scripted};

use super::harness::{Findings, Outcome, backstop, finish, told, with_keys};

/// How much more memory a run may take than one that is simply refused, in KiB.
const GROWTH: u64 = 64 * 1024;
/// How long a run may take, and how long it is waited for on a machine that has other things to do.
const TIMEOUT: &str = "5s";
const PATIENCE: Duration = Duration::from_mins(1);
/// How many runs there are at a time.
const AT_ONCE: usize = 3;

/// Whose protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    S3,
    Minio,
    Azure,
}

impl Speaks {
    const ALL: [Self; 3] = [Self::S3, Self::Minio, Self::Azure];

    /// Prepares a command on a server.
    fn command(self, server: &Scripted, command: &str, more: &[&str]) -> Result<Cli, String> {
        let (endpoint, address) = (server.endpoint(), server.address());
        Ok(match self {
            Self::S3 => with_keys(&[command, "s3://bucket/pre", "--endpoint-url", &endpoint])?,
            Self::Minio => with_keys(&[command, &format!("minio+http://{address}/bucket/pre")])?,
            Self::Azure => {
                let endpoint = format!("{endpoint}/acme1");
                let target = "azure://acme1/backups/pre";
                let cli = backstop(&[command, target, "--endpoint-url", &endpoint])?;
                cli.env("AZURE_STORAGE_KEY", "a2V5a2V5a2V5a2V5a2V5a2V5")
            }
        }
        .args(more))
    }

    /// Begins a page of a listing, up to its entries.
    fn page(self) -> &'static str {
        match self {
            Self::Azure => "<?xml version=\"1.0\"?><EnumerationResults><Blobs>",
            _ => "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>",
        }
    }

    fn entry(self) -> &'static str {
        match self {
            Self::Azure => "<Blob><Name>n</Name></Blob>",
            _ => "<Contents><Key>n</Key></Contents>",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Azure => "</Blobs></EnumerationResults>",
            _ => "</ListBucketResult>",
        }
    }
}

/// The first lines of an answer that looks like the service's own.
fn head(status: &str, framing: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{framing}\r\nContent-Type: application/xml\r\nx-amz-request-id: 17F0A1\r\n\
         x-ms-request-id: 17F0A1\r\nx-ms-version: 2021-12-02\r\nETag: \"0\"\r\n\r\n"
    )
    .into_bytes()
}

const CHUNKED: &str = "Transfer-Encoding: chunked";
const HUGE: &str = "Content-Length: 10737418240";

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn whole(status: u16, body: String) -> Answer {
    let answer = Response::new(status, body).with("content-type", "application/xml");
    answer
        .with("x-ms-version", "2021-12-02")
        .with("x-amz-request-id", "1")
        .into()
}

/// What a server does to whoever asks it, by name.
type Trick = (&'static str, fn(Speaks) -> Answer);

const TRICKS: &[Trick] = &[
    ("endless success", |_| {
        Answer::Endless(head("200 OK", CHUNKED), chunk(&"x".repeat(65_536)))
    }),
    ("endless refusal", |_| {
        Answer::Endless(head("403 Forbidden", CHUNKED), chunk(&"x".repeat(65_536)))
    }),
    ("10 GiB of success", |_| {
        Answer::Endless(head("200 OK", HUGE), vec![b'x'; 65_536])
    }),
    ("10 GiB of refusal", |_| {
        Answer::Endless(head("403 Forbidden", HUGE), vec![b'x'; 65_536])
    }),
    ("10 GiB of failure", |_| {
        Answer::Endless(head("500 Internal Server Error", HUGE), vec![b'<'; 65_536])
    }),
    ("until the connection closes", |_| {
        Answer::Endless(head("200 OK", "Connection: close"), vec![b' '; 65_536])
    }),
    ("endless listing", |speaks| {
        let first = [head("200 OK", CHUNKED), chunk(speaks.page())].concat();
        Answer::Endless(first, chunk(&speaks.entry().repeat(1_000)))
    }),
    ("listing of many entries", |speaks| {
        let entries = speaks.entry().repeat(14_000);
        whole(200, format!("{}{entries}{}", speaks.page(), speaks.end()))
    }),
    ("listing of long names", |speaks| {
        let entry = speaks
            .entry()
            .replace(">n<", &format!(">{}<", "n".repeat(1_500)));
        // Of S3 just under what is read at most, so that all of it is.
        let entries = entry.repeat(if speaks == Speaks::Azure {
            5_000
        } else {
            2_650
        });
        whole(200, format!("{}{entries}{}", speaks.page(), speaks.end()))
    }),
    ("endless depth", |speaks| {
        let first = [head("200 OK", CHUNKED), chunk(speaks.page())].concat();
        Answer::Endless(first, chunk(&"<a>".repeat(10_000)))
    }),
    ("depth", |speaks| {
        let (down, up) = ("<a>".repeat(25_000), "</a>".repeat(25_000));
        whole(200, format!("{}{down}{up}{}", speaks.page(), speaks.end()))
    }),
    ("deep refusal", |_| {
        let (down, up) = ("<a>".repeat(9_000), "</a>".repeat(9_000));
        whole(
            403,
            format!("<?xml version=\"1.0\"?><Error>{down}{up}<Code>AccessDenied</Code></Error>"),
        )
    }),
    ("endless headers", |_| {
        Answer::Endless(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X-Filler: aaaaaaaa\r\n".repeat(1_000),
        )
    }),
    ("an endless header", |_| {
        Answer::Endless(
            b"HTTP/1.1 200 OK\r\nX-Filler: ".to_vec(),
            vec![b'a'; 65_536],
        )
    }),
    ("an endless status line", |_| {
        Answer::Endless(b"HTTP/1.1 200 ".to_vec(), vec![b'a'; 65_536])
    }),
    ("endless interim answers", |_| {
        Answer::Endless(
            Vec::new(),
            b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".repeat(500),
        )
    }),
    ("endless trailers", |_| {
        let first = [head("200 OK", CHUNKED), b"0\r\n".to_vec()].concat();
        Answer::Endless(first, b"X-Filler: aaaaaaaa\r\n".repeat(1_000))
    }),
    ("entities within entities", |speaks| {
        whole(200, laughs(speaks))
    }),
    ("a refusal of entities within entities", |speaks| {
        whole(403, laughs(speaks))
    }),
];

/// A billion laughs, in a listing and in a refusal at once.
fn laughs(speaks: Speaks) -> String {
    let mut entities = "<!ENTITY l0 \"hahahahaha\">".to_owned();
    for level in 1..12 {
        let below = format!("&l{};", level - 1).repeat(10);
        // Writing to a string cannot fail.
        let _ = write!(entities, "<!ENTITY l{level} \"{below}\">");
    }
    let entry = speaks.entry().replace(">n<", ">&l11;<");
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE x [{entities}]>{}{entry}<Error><Code>&l11;</Code>\
         <Message>&l11;</Message></Error>{}",
        speaks.page().replace("<?xml version=\"1.0\"?>", ""),
        speaks.end()
    )
}

/// Runs a command to its end and returns the most memory that it had at once, in KiB.
fn measured(cli: Cli) -> Result<(Finished, u64), String> {
    let running = cli.spawn().map_err(|error| error.to_string())?;
    let status = format!("/proc/{}/status", running.id());
    let watch = thread::spawn(move || {
        let mut most = 0;
        // It is gone when the program has been waited for.
        while let Ok(text) = fs::read_to_string(&status) {
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
            most = most.max(peak.unwrap_or_default());
            thread::sleep(Duration::from_millis(3));
        }
        most
    });
    let done = running.wait(PATIENCE).map_err(|error| error.to_string())?;
    let most = watch.join().map_err(|_| "the watch broke off".to_owned())?;
    Ok((done, most))
}

fn server(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Result<Scripted, String> {
    Scripted::start(script).map_err(|error| error.to_string())
}

/// Does something with every item, several at a time.
fn each<T: Sync>(items: &[T], work: impl Fn(&T, &mut Findings) -> Outcome + Sync) -> Outcome {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Findings::default()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let mut findings = Findings::default();
                    let done = work(item, &mut findings).and_then(|()| findings.end());
                    let mut all = all.lock().expect("no worker panicked");
                    all.expect(done.is_ok(), || done.err().unwrap_or_default());
                }
            });
        }
    });
    all.into_inner().expect("no worker panicked").end()
}

/// Whatever is answered, the run ends in time and takes little memory.
pub(crate) fn no_answer_takes_much_memory_or_time() -> Outcome {
    let mut runs = Vec::new();
    for speaks in Speaks::ALL {
        let refusing =
            server(|_| whole(403, "<Error><Code>AccessDenied</Code></Error>".to_owned()))?;
        let cli = speaks.command(&refusing, "verify", &["--access", "full"])?;
        let (_, usual) = measured(cli)?;
        runs.extend(TRICKS.iter().map(|trick| (speaks, usual, *trick)));
    }
    each(&runs, |(speaks, usual, (name, trick)), findings| {
        let (speaks, trick) = (*speaks, *trick);
        let hostile = server(move |_| trick(speaks))?;
        let more = ["--access", "full", "--timeout", TIMEOUT, "--format", "json"];
        let (done, most) = measured(speaks.command(&hostile, "verify", &more)?)?;
        let name = format!("{name}, {speaks:?}");
        findings.expect(matches!(done.code, Some(3 | 4)), || {
            format!("{name}: {}", told(&done))
        });
        findings.expect(most < usual + GROWTH, || {
            format!("{name}: {most} KiB, and a refusal takes {usual}")
        });
        findings.expect(done.stdout.len() < 200_000, || {
            format!("{name}: {} bytes are told", done.stdout.len())
        });
        findings.expect(!hostile.requests().is_empty(), || {
            format!("{name}: nobody asked")
        });
        Ok(())
    })
}

/// Nothing is unpacked, and nothing that a document points to is fetched.
pub(crate) fn nothing_that_is_compressed_is_unpacked() -> Outcome {
    each(&Speaks::ALL, |speaks, findings| {
        let speaks = *speaks;
        let bomb = server(|_| {
            let packed = Response::new(200, bomb()).with("content-encoding", "gzip");
            packed
                .with("x-ms-version", "1")
                .with("x-amz-request-id", "1")
                .into()
        })?;
        let more = ["--access", "full", "--timeout", TIMEOUT];
        let (done, most) = measured(speaks.command(&bomb, "verify", &more)?)?;
        findings.expect(matches!(done.code, Some(3 | 4)), || told(&done));
        findings.expect(most < 2 * GROWTH, || format!("{speaks:?}: {most} KiB"));
        for request in bomb.requests() {
            let accepts = request
                .header("accept-encoding")
                .unwrap_or("identity")
                .to_owned();
            findings.expect(accepts == "identity", || {
                format!("{speaks:?} accepts {accepts}")
            });
        }
        let elsewhere = server(|_| Response::new(200, "fetched").into())?;
        let url = format!("{}/entity", elsewhere.endpoint());
        let pointing = server(move |_| {
            let entity = format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"{url}\">]>");
            let entry = speaks.entry().replace(">n<", ">&e;<");
            let page = speaks.page().replace("?>", &format!("?>{entity}"));
            whole(
                200,
                format!(
                    "{page}{entry}<Error><Code>&e;</Code></Error>{}",
                    speaks.end()
                ),
            )
        })?;
        let done = finish(speaks.command(&pointing, "verify", &more)?)?;
        findings.expect(!done.output().contains("fetched"), || told(&done));
        let came = elsewhere.requests();
        findings.expect(came.is_empty(), || format!("{speaks:?} fetches {came:?}"));
        Ok(())
    })
}

/// Packs 160 MiB of one letter into one: a block of fixed codes that repeats what is before it.
fn bomb() -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let (mut held, mut count) = (0_u32, 0_u32);
    let mut put = |bits: u32, length: u32, packed: &mut Vec<u8>| {
        held |= bits << count;
        count += length;
        while count >= 8 {
            packed.push(held.to_le_bytes()[0]);
            held >>= 8;
            count -= 8;
        }
    };
    // The last block, of fixed codes; then one letter.
    put(0b011, 3, &mut packed);
    put(0b0000_1001, 8, &mut packed);
    while packed.len() < 1024 * 1024 {
        // A length of 258, one byte back: codes are written from their highest bit on.
        put(0b1010_0011, 8, &mut packed);
        put(0, 5, &mut packed);
    }
    packed
}

/// What a terminal or a reader would obey, in every field that a service fills.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{7}\u{202e}\u{2066}\u{200f}x";

/// Whatever field a service fills with it, nothing reaches the terminal or a file as a command.
pub(crate) fn no_word_of_a_service_commands_the_terminal() -> Outcome {
    let mut runs = Vec::new();
    for speaks in Speaks::ALL {
        for format in ["human", "json"] {
            runs.extend([(speaks, "verify", format), (speaks, "ticket", format)]);
        }
    }
    each(&runs, |(speaks, command, format), findings| {
        let speaks = *speaks;
        let hostile = server(move |request| says(speaks, request))?;
        let mut more = vec!["--access", "read-only", "--timeout", TIMEOUT];
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let files = ["human", "json"].map(|format| folder.path().join(format));
        let outputs = [
            format!("human={}", files[0].display()),
            format!("json={}", files[1].display()),
        ];
        if *command == "verify" {
            more.extend([
                "-v",
                "--format",
                *format,
                "--output",
                &outputs[0],
                "--output",
                &outputs[1],
            ]);
        } else if *format == "json" {
            more.push("--redact");
        }
        let done = finish(speaks.command(&hostile, command, &more)?)?;
        let written = files
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok());
        let mut shown: Vec<_> = written.collect();
        findings.expect(
            shown.len() == if *command == "verify" { 2 } else { 0 },
            || told(&done),
        );
        let name = format!("{command} {format}, {speaks:?}");
        findings.expect(matches!(done.code, Some(0 | 3 | 4)), || {
            format!("{name}: {}", told(&done))
        });
        shown.push(done.output());
        let obeyed =
            |c: char| (c.is_control() && c != '\n') || HOSTILE.contains(c) && !c.is_ascii_graphic();
        for text in &shown {
            let line = text.lines().find(|line| line.contains(obeyed));
            findings.expect(line.is_none(), || format!("{name}: {line:?}"));
        }
        Ok(())
    })
}

/// A listing whose one key is hostile, and refusals whose every field is.
fn says(speaks: Speaks, request: &Request) -> Answer {
    // Neither headers nor XML carry all of it; a key carries what turns text around.
    let turning = "\u{202e}\u{2066}\u{200f}x";
    let list = request.method == "GET"
        && (request.target.contains("list-type=2") || request.target.contains("comp=list"));
    let named = |answer: Response| {
        [
            "x-amz-request-id",
            "x-ms-request-id",
            "x-amz-bucket-region",
            "x-ms-error-code",
            "server",
            "etag",
            "x-ms-version",
        ]
        .iter()
        .fold(answer, |answer, name| answer.with(name, turning))
        .with("date", turning)
    };
    if list {
        let entry = match speaks {
            Speaks::Azure => format!(
                "<Blob><Name>pre/{turning}</Name><Properties><Content-Length>7</Content-Length>\
                 <Etag>{turning}</Etag><Last-Modified>{turning}</Last-Modified></Properties></Blob>"
            ),
            _ => format!(
                "<Contents><Key>pre/{turning}</Key><Size>7</Size><ETag>{turning}</ETag></Contents>"
            ),
        };
        let body = format!("{}{entry}{}", speaks.page(), speaks.end());
        let answer = Response::new(200, body).with("x-amz-request-id", "1");
        return answer.with("x-ms-version", "1").into();
    }
    let body = format!(
        "<?xml version=\"1.1\"?><Error><Code>{HOSTILE}</Code><Message>{HOSTILE}</Message><RequestId>{HOSTILE}\
         </RequestId><Region>{HOSTILE}</Region></Error>"
    );
    named(Response::new(403, body).with("content-type", "application/xml")).into()
}
