//! The command line as people and programs use it: what it prints, where it writes, how it exits.

#![cfg(not(target_arch = "wasm32"))]

use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// The primary's machine dies before its last writes reached the far copy, which is promoted then. Ben reads there.
const LOSING: &str = r#"
title = "Promoted too early"
until = "4s"
nodes = { count = 2 }
links = [{ from = "A", to = "B", both = true, set = { latency = "300ms" } }]
clients = [
    { workload = { pace = { regular = { every = "50ms" } }, read_share = 0.0 } },
    { reads_from = { node = "B" }, workload = { pace = { poisson = { per_s = 20.0 } }, read_share = 1.0 } },
]
commands = [
    { at = "1500ms", do = { crash_machine = { node = "A" } } },
    { at = "1600ms", do = { promote = { node = "B" } } },
    { at = "1700ms", do = { crash = { node = "A" } } },
]
"#;

/// One write, which arrives everywhere.
const CALM: &str = r#"
title = "One write"
until = "1s"
commands = [{ at = "100ms", do = { issue = { client = "Ana", action = { write = { key = "x", value = 5 } } } } }]
"#;

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Folder(path);
        folder.write("losing.toml", LOSING);
        folder.write("calm.toml", CALM);
        folder
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replicarium"));
        command.current_dir(&self.0).args(arguments.split_whitespace()).stdin(Stdio::null());
        command
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &str) -> (i32, String, String) {
        said(self.command(arguments).output().unwrap())
    }
}

fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("an exit, not a signal"), text(output.stdout), text(output.stderr))
}

#[test]
fn verdicts_decide_the_exit_code() {
    let folder = Folder::new("verdicts");
    for (arguments, code, words) in [
        ("calm.toml", 0, &["One write, seed 1, 1s of simulated time", "writes     1 acknowledged", "durable    yes"][..]),
        ("calm.toml --require fresh,durable,converged", 0, &["fresh      yes", "converged  yes"]),
        ("calm.toml --until 102ms --require fresh", 0, &["1 under way"]),
        // The write is on the primary and on its way to the others.
        ("calm.toml --until 112ms --require durable", 0, &["converged  NO, since 111.1ms", "2 copies on 3 running nodes"]),
        ("calm.toml --until 112ms --require converged", 1, &["converged  NO"]),
        (
            "losing.toml",
            1,
            &["durable    NO, since 1.6s", "commands[2] had no effect: it is down already", "was acknowledged to"],
        ),
        ("losing.toml --require none", 0, &["durable    NO"]),
        // Ben's reads are stale long before.
        ("losing.toml --until 1s", 0, &["fresh      NO", "behind", "durable    yes"]),
        ("losing.toml --until 1s --require fresh", 1, &["fresh      NO"]),
        // No primary runs: nothing is lost for certain, but whoever requires durability is not served.
        ("losing.toml --until 1550ms", 0, &["durable    cannot be told: no primary is running"]),
        ("losing.toml --until 1550ms --require durable", 1, &["cannot be told"]),
        ("first-look --seed 3", 0, &["seed 3, 20s of simulated time"]),
        ("first-look --link --until 2s", 0, &["link       #r1."]),
    ] {
        let (found, stdout, stderr) = folder.run(&format!("run {arguments}"));
        assert_eq!((found, stderr.as_str()), (code, ""), "{arguments}\n{stdout}");
        for word in words {
            assert!(stdout.contains(word), "{arguments} should say `{word}`:\n{stdout}");
        }
    }
}

#[test]
fn bad_input_is_refused_with_the_reason() {
    let folder = Folder::new("bad");
    let big = format!("about = \"{}\"", "x".repeat(1_000_001));
    for (name, text) in [
        ("syntax.toml", "seed = 1 2"),
        ("unknown.toml", "[nodes]\ncounts = 3"),
        ("range.toml", "keys = 1000\n[network]\nloss = 2.0"),
        ("type.json", r#"{ "until": 5 }"#),
        ("late.toml", r#"commands = [{ at = "2s", do = "heal_all" }, { at = "1s", do = "heal_all" }]"#),
        ("big.toml", &big),
        ("stranger.toml", r#"commands = [{ at = "1s", do = { crash = { node = "Z" } } }]"#),
        ("many.toml", r#"commands = [{ at = "1s", do = { set_commit = { level = "remote_flush", count = 5 } } }]"#),
        (
            "watcher.toml",
            "nodes.count = 4\nprotocol.primary_replica.failover = { by = \"monitors\", monitors = [\"D\"] }\n\
            protocol.primary_replica.commit = { level = \"remote_flush\", among = [\"D\"] }",
        ),
    ] {
        folder.write(name, text);
    }
    folder.write("binary.toml", [0xff, 0xfe, 0x00]);
    fs::create_dir_all(folder.0.join("folder")).unwrap();
    for (arguments, words) in [
        ("run syntax.toml", &["syntax.toml: line 1"][..]),
        ("run unknown.toml", &["unknown.toml: line 2, column 1: unknown field `counts`", "`count`"]),
        (
            "run range.toml",
            &["range.toml: keys: 1000 is out of range; allowed is 1 to 64\n", "range.toml: network.loss: 2 is out"],
        ),
        ("run type.json", &["type.json: line 1, column 12: invalid type: integer `5`"]),
        ("run stranger.toml", &["stranger.toml: commands[0].do: there is no node Z then; the nodes are A to C"]),
        ("run many.toml", &["many.toml: commands[0].do: set_commit: 5 replicas are asked for, and the group has 2 then"]),
        ("run watcher.toml", &["watcher.toml: protocol.primary_replica.commit.among: D is a monitor and has no log"]),
        ("run late.toml", &["late.toml: commands[1].at: 1s is before the command above it (2s)"]),
        ("run big.toml", &["big.toml: is larger than 1000000 bytes"]),
        ("run binary.toml", &["binary.toml: is not text in UTF-8 (byte 1 is not)"]),
        ("run folder", &["folder: is a folder"]),
        ("run nowhere.toml", &["nowhere.toml: there is no such file", "first-look"]),
        ("run calm.toml --until 0s", &["--until: 0s is out of range; allowed is 1us to 86400s"]),
        ("run calm.toml --until soon", &["'--until <TIME>'", "`soon` is not a duration"]),
        ("run calm.toml --seed many", &["'--seed <N>'"]),
        ("run calm.toml --require luck", &["luck", "durable"]),
        ("run", &["<FILE>"]),
        ("validate", &["<FILES>"]),
        ("frobnicate", &["frobnicate"]),
        ("run calm.toml --trace nowhere/t.jsonl", &["nowhere/t.jsonl: cannot be written: no such file or directory"]),
        ("run calm.toml --report folder", &["folder: cannot be written: is a directory"]),
        ("run calm.toml --report calm.toml", &["--report: calm.toml is the place of the scenario already"]),
        ("run calm.toml --trace a.jsonl --history ./a.jsonl", &["--history: ./a.jsonl is the place of --trace already"]),
        ("run calm.toml --trace - --report -", &["--report: - is the place of --trace already"]),
        ("validate calm.toml range.toml late.toml", &["range.toml: keys", "range.toml: network.loss", "late.toml: commands[1]"]),
    ] {
        let (code, _, stderr) = folder.run(arguments);
        assert_eq!(code, 2, "{arguments}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{arguments} should say `{word}`:\n{stderr}");
        }
        assert!(!stderr.contains("panicked"), "{arguments}: {stderr}");
    }
    assert_eq!(folder.read("calm.toml"), CALM, "a refused output is left alone");
}

#[test]
fn equal_seeds_give_equal_files_and_others_do_not() {
    let folder = Folder::new("equal");
    let run = |seed: u32| {
        let (_, stdout, _) = folder.run(&format!("run losing.toml --seed {seed} --trace t --history h --report r"));
        (stdout, folder.read("t"), folder.read("h"), folder.read("r"))
    };
    let first = run(1);
    assert_eq!(first, run(1));
    let other = run(2);
    assert!(first.1 != other.1 && first.2 != other.2 && first.3 != other.3);
}

/// The lines of a file, each an object.
fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn files_are_complete_and_agree() {
    let folder = Folder::new("files");
    folder.run("run losing.toml --trace t.jsonl --history h.jsonl --report r.json");
    let (trace, history) = (lines(&folder.read("t.jsonl")), lines(&folder.read("h.jsonl")));
    let report: Json = serde_json::from_str(&folder.read("r.json")).unwrap();
    for (index, event) in trace.iter().enumerate() {
        assert_eq!(event["id"], index, "events are numbered without gaps");
    }
    let kinds = |name: &str| trace.iter().filter(|event| !event["kind"][name].is_null()).count();
    let rows = |kind: &str| history.iter().filter(|row| row["type"] == kind).count();
    let total = |name: &str| {
        report["operations"]["reads"][name].as_u64().unwrap() + report["operations"]["writes"][name].as_u64().unwrap()
    };
    assert_eq!(kinds("send") as u64, report["messages"]["sent"].as_u64().unwrap());
    assert_eq!(kinds("deliver") as u64, report["messages"]["delivered"].as_u64().unwrap());
    assert_eq!(kinds("outcome"), history.len() - rows("invoke"));
    assert_eq!((rows("invoke") as u64, rows("ok") as u64), (total("invoked"), total("acknowledged")));
    assert_eq!((rows("fail") as u64, rows("info") as u64), (total("refused"), total("unknown")));
    let commands: Vec<&Json> = trace.iter().map(|event| &event["command"]).filter(|command| !command.is_null()).collect();
    assert_eq!(commands.len(), 3);
    assert_eq!(commands[1], &serde_json::json!({ "at": "1.6s", "do": { "promote": { "node": "B" } } }));
    assert_eq!(report["verdicts"]["durable"]["verdict"], "broken");
    assert!(!report["lost_writes"].as_array().unwrap().is_empty() && !report["stale_reads"].as_array().unwrap().is_empty());
    assert_eq!(report["commands"]["without_effect"][0]["command"], 2);
    assert_eq!(report["nodes"][0]["running"], false);
}

/// A value that the database makes is known when the operation ends; then it is a write like any other.
#[test]
fn a_value_made_by_the_database_is_in_all_files() {
    let folder = Folder::new("made");
    let issue = |at: u64, function: &str| {
        let action = format!(r#"{{ generate = {{ key = "x", function = "{function}" }} }}"#);
        format!(r#"{{ at = "{at}ms", do = {{ issue = {{ client = "Ana", action = {action} }} }} }}"#)
    };
    let commands = format!("commands = [{}, {}, {}]", issue(100, "next"), issue(300, "next"), issue(500, "random"));
    let protocol = r#"protocol = { primary_replica = { shipping = "statement" } }"#;
    folder.write("made.toml", format!("until = \"2s\"\n{protocol}\n{commands}\n"));
    let arguments = "run made.toml --require converged --trace t.jsonl --history h.jsonl --report r.json";
    assert_eq!(folder.run(arguments).0, 1, "two copies of the third write differ from the primary's");
    let (trace, history) = (lines(&folder.read("t.jsonl")), lines(&folder.read("h.jsonl")));
    let report: Json = serde_json::from_str(&folder.read("r.json")).unwrap();
    assert_eq!(
        (&report["operations"]["writes"]["acknowledged"], &report["latency_us"]["writes"]["count"]),
        (&3.into(), &3.into())
    );
    let ended: Vec<&Json> = history.iter().filter(|row| row["type"] == "ok").collect();
    assert_eq!(ended.iter().map(|row| row["f"].as_str().unwrap()).collect::<Vec<_>>(), ["next", "next", "random"]);
    assert_eq!((&ended[0]["value"], &ended[1]["value"]), (&1.into(), &2.into()));
    let find = |pointer: &str| trace.iter().filter_map(|event| event["kind"].pointer(pointer)).next_back().cloned();
    assert_eq!(find("/invoke/action"), Some(serde_json::json!({ "generate": { "key": "x", "function": "random" } })));
    assert_eq!(find("/outcome/outcome/generated/value").as_ref(), Some(&ended[2]["value"]));
    assert_eq!(find("/send/cargo/entries/last_function"), Some("random".into()));
    let differing = report["differing_copies"].as_array().unwrap();
    assert_eq!(differing.len(), 2);
    assert!(
        differing.iter().all(|one| one["expected"]["id"] == one["held"]["id"] && one["expected"]["value"] == ended[2]["value"])
    );
}

/// Every name in a JSON document.
fn names(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            found.extend(members.keys().cloned());
            members.values().for_each(|value| names(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[test]
fn the_report_is_documented() {
    let folder = Folder::new("report");
    let mut found = BTreeSet::new();
    for file in ["losing.toml", "calm.toml --until 112ms", "losing.toml --until 1550ms"] {
        let (_, stdout, _) = folder.run(&format!("run {file} --report -"));
        names(&serde_json::from_str(&stdout).unwrap(), &mut found);
    }
    // Reasons for which messages were dropped are explained in the legend of the trace.
    found.remove("node_down");
    let text = include_str!("../src/bin/cli/README.md");
    for name in found {
        assert!(text.contains(&format!("`{name}`")) || text.contains(&format!("\"{name}\"")), "`{name}` is not documented");
    }
}

/// The figures over time add up to the totals of the report, and every measure is documented.
#[test]
fn the_figures_are_a_table_that_agrees_with_the_report() {
    let folder = Folder::new("metrics");
    let (_, stdout, stderr) = folder.run("run losing.toml --metrics - --report r.json");
    assert!(stderr.contains("durable    NO"), "{stderr}");
    let report: Json = serde_json::from_str(&folder.read("r.json")).unwrap();
    let mut lines = stdout.lines();
    assert_eq!(lines.next(), Some("time_s,node,measure,unit,value,operation"));
    let rows: Vec<[&str; 6]> =
        lines.map(|line| line.split(',').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"))).collect();
    let sum = |node: &str, measure: &str| {
        let of = rows.iter().filter(|row| row[1] == node && row[2] == measure);
        of.map(|row| row[4].parse::<f64>().unwrap()).sum::<f64>()
    };
    let number = |json: &Json| json.as_f64().unwrap();
    assert_eq!(sum("", "reads_done"), number(&report["operations"]["reads"]["acknowledged"]));
    assert_eq!(sum("", "writes_done"), number(&report["operations"]["writes"]["acknowledged"]));
    assert_eq!(sum("", "stale_reads"), report["stale_reads"].as_array().unwrap().len() as f64);
    assert_eq!(sum("B", "messages_sent"), number(&report["nodes"][1]["messages_out"]));
    assert_eq!(sum("B", "bytes_sent"), number(&report["nodes"][1]["bytes_out"]));
    assert_eq!(sum("B", "reads_served"), number(&report["nodes"][1]["reads"]));
    assert!((sum("", "bucket_width") - number(&report["reached_us"]) / 1e6).abs() < 1e-6);
    let last = rows.iter().rfind(|row| row[2] == "lost_writes").unwrap();
    assert_eq!(last[4].parse::<usize>().unwrap(), report["lost_writes"].as_array().unwrap().len());
    // A is down at the end: its line ends, that of B goes on.
    let times = |node: &str| rows.iter().filter(|row| row[1] == node && row[2] == "queue").count();
    assert!(times("A") > 10 && times("A") + 10 < times("B"), "{} of {}", times("A"), times("B"));
    // Overall: the largest lag of any node, and none where no node has one.
    for measure in ["written", "flushed", "applied"].iter().flat_map(|name| [format!("lag_{name}"), format!("lag_time_{name}")]) {
        let mut most = BTreeMap::new();
        for row in rows.iter().filter(|row| row[2] == measure && !row[1].is_empty()) {
            let (own, all) = (row[4].parse::<f64>().unwrap(), most.entry(row[0]).or_insert(0.0f64));
            *all = all.max(own);
        }
        let overall = rows.iter().filter(|row| row[2] == measure && row[1].is_empty());
        let overall: BTreeMap<&str, f64> = overall.map(|row| (row[0], row[4].parse().unwrap())).collect();
        assert_eq!(overall, most, "{measure}");
        assert!(most.values().any(|lag| *lag > 0.0), "{measure}");
    }
    assert!(times("") >= times("B"), "{} of {}", times(""), times("B"));
    let text = include_str!("../src/bin/cli/README.md");
    assert!(rows.iter().all(|row| text.contains(&format!("`{}`", row[2]))), "a measure is not documented");
    let all = &report["latency_us"]["all"];
    assert!(number(&all["p50"]) <= number(&all["p95"]) && number(&all["p95"]) <= number(&all["p99"]));
    let count = |name: &str| number(&report["latency_us"][name]["count"]);
    assert_eq!(count("all"), count("reads") + count("writes"));
    let (code, _, stderr) = folder.run("run calm.toml --metrics calm.toml");
    assert_eq!((code, stderr.as_str()), (2, "--metrics: calm.toml is the place of the scenario already\n"));
}

/// More events than the engine keeps in memory are all in the file.
#[test]
fn long_traces_are_not_truncated() {
    let folder = Folder::new("long");
    let busy = r#"clients = [{ count = 20, workload = { pace = { think = { time = "1ms" } } } }]"#;
    folder.write("busy.toml", format!("until = \"8s\"\n{busy}"));
    let (code, stdout, _) = folder.run("run busy.toml --trace t.jsonl --history h.jsonl");
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("durable    yes"), "{stdout}");
    let text = folder.read("t.jsonl");
    let count = text.lines().count();
    assert!(count > 250_000, "{count} events are not more than the engine keeps");
    let last: Json = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["id"], count - 1);
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let folder = Folder::new("dash");
    for (input, words) in [(CALM, "One write"), (r#"{ "title": "As JSON" }"#, "As JSON")] {
        let mut child =
            folder.command("run -").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let (code, stdout, stderr) = said(child.wait_with_output().unwrap());
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.contains(words), "{stdout}");
    }
    // A file on standard output stands there alone; the summary goes to standard error.
    let (_, stdout, stderr) = folder.run("run calm.toml --report -");
    let report: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["operations"]["writes"]["acknowledged"], 1);
    assert!(stderr.contains("durable    yes"), "{stderr}");
    let (_, stdout, _) = folder.run("run calm.toml --history -");
    assert_eq!(lines(&stdout).len(), 2);
}

/// A reader that leaves early is no error: the answer is still the exit code.
#[test]
fn a_closed_pipe_is_no_panic() {
    let folder = Folder::new("pipe");
    for (arguments, expected) in [("run losing.toml --trace -", 1), ("run calm.toml", 0), ("fields", 0), ("--help", 0)] {
        let mut child = folder.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if arguments.contains("trace") {
            let mut few = [0; 10];
            stdout.read_exact(&mut few).unwrap();
        }
        drop(stdout);
        let (code, _, stderr) = said(child.wait_with_output().unwrap());
        assert_eq!(code, expected, "{arguments}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

/// Operations that have names are counted by them, in every form in which a run is told.
#[test]
fn operations_are_told_by_their_names() {
    let folder = Folder::new("names");
    let arguments = "run web-application --until 10s --require none --history h.jsonl --report r.json --metrics m.csv";
    let (code, stdout, stderr) = folder.run(arguments);
    assert_eq!(code, 0, "{stderr}");
    let report: Json = serde_json::from_str(&folder.read("r.json")).unwrap();
    let (rows, table) = (lines(&folder.read("h.jsonl")), folder.read("m.csv"));
    for (index, name) in ["sign-up", "post", "browse"].into_iter().enumerate() {
        let told = &report["by_name"][index];
        assert_eq!(told["name"], name);
        let done = told["operations"]["acknowledged"].as_u64().unwrap();
        assert_eq!(told["latency_us"]["count"].as_u64(), Some(done));
        assert_eq!(rows.iter().filter(|row| row["name"] == name && row["type"] == "ok").count() as u64, done);
        let column = table.lines().filter(|line| line.contains(",operation_done,") && line.ends_with(&format!(",{name}")));
        assert_eq!(column.map(|line| line.split(',').nth(4).unwrap().parse::<u64>().unwrap()).sum::<u64>(), done);
        assert!(stdout.contains(&format!("{name}: {done} acknowledged")), "{stdout}");
    }
    assert!(folder.run("run first-look --until 1s --history h.jsonl").1.contains("reads"));
    assert!(lines(&folder.read("h.jsonl")).iter().all(|row| row.get("name").is_none()), "no name where there is none");
}

#[test]
fn a_full_disk_is_said() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let folder = Folder::new("full");
    for arguments in ["run calm.toml --trace /dev/full", "run calm.toml --history /dev/full", "run calm.toml --report /dev/full"]
    {
        let (code, _, stderr) = folder.run(arguments);
        assert_eq!((code, stderr.as_str()), (2, "/dev/full: cannot be written: no space left on device\n"), "{arguments}");
    }
}

#[test]
fn validate_says_which_files_are_good() {
    let folder = Folder::new("validate");
    let (code, stdout, stderr) = folder.run("validate calm.toml losing.toml first-look");
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "calm.toml: good\nlosing.toml: good\nfirst-look: good\n", ""));
    folder.write("risky.toml", "[protocol.primary_replica]\nretention = { slots = true }");
    let (code, stdout, _) = folder.run("validate risky.toml");
    let warning = "risky.toml: warning: protocol.primary_replica.retention: For a replica that is gone for good the log grows";
    assert!(code == 0 && stdout.starts_with(&format!("risky.toml: good\n{warning}")), "{code}: {stdout}");
}

/// A link made here opens the same run there: what it holds is the scenario and the moment.
#[test]
fn a_link_holds_the_run() {
    let folder = Folder::new("link");
    let (_, stdout, _) = folder.run("run calm.toml --seed 9 --until 700ms --link");
    let link = stdout.lines().last().and_then(|line| line.split('#').nth(1)).expect("a link");
    let shared = replicarium::scenario::link::Shared::from_text(link).unwrap();
    assert_eq!((shared.seed, shared.cursor.at, shared.commands.len()), (9, replicarium::sim::time::Micros(700_000), 1));
    assert_eq!(shared.scenario().unwrap().title, "One write");
}

#[test]
fn fields_prints_the_documentation() {
    let (code, stdout, _) = Folder::new("fields").run("fields");
    assert_eq!(code, 0);
    assert!(stdout.contains("`clients[].workload.read_share`: number, 0 to 1; default `0.5`."), "{stdout}");
}
