// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope-capture: reads the command line, and hands what it asks for to the module that links LibTorch.
#include "app/capture/open_module.h"
#include "io/base/interrupts.h"
#include "io/base/program.h"
#include "io/base/version.h"

#include <CLI/CLI.hpp>

#include <cstdio>

using namespace expertscope;

namespace {

std::string joined(int argc, char** argv)
{
    std::string line;
    for (int i = 0; i < argc; ++i) {
        if (i > 0)
            line += ' ';
        line += argv[i];
    }
    return line;
}

int run(int argc, char** argv)
{
    installInterrupts("expertscope-capture");
    CLI::App app{"Runs a mixture-of-experts checkpoint over prompts and records every routing choice in one trace file",
        "expertscope capture"};
    app.set_version_flag("--version", std::string("expertscope-capture ") + kVersion);
    CaptureRequest request;
    bool json = false;
    const auto positive = CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40);
    app.add_option("--model", request.model, "Folder with config.json, *.safetensors and (for text) tokenizer.json")
        ->required();
    auto* prompts = app.add_option("--prompts", request.prompts,
           "Documents: *.jsonl, *.ndjson, *.json with objects {\"text\" or \"token_ids\", \"name\", \"labels\"}; any "
           "other file: one a line; a folder: one a file; - for standard input; each may be packed as .gz or .zst");
    app.add_flag("--skip-bad-prompts", request.skipBadPrompts,
        "Leave out empty, binary and malformed documents, and say how many, instead of failing at the first");
    auto* output = app.add_option("-o,--output", request.output, "The trace to write (HDF5)");
    app.add_option("--device", request.device, "cpu or cuda")
        ->capture_default_str()
        ->check(CLI::IsMember({"cpu", "cuda"}));
    app.add_option(
           "--dtype", request.dtype, "Number type of the computation; auto: the checkpoint's on CUDA, fp32 on the CPU")
        ->capture_default_str()
        ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
    app.add_option("--batch-tokens", request.batchTokens, "Tokens computed together (4096 on the CPU, 16384 on CUDA)")
        ->check(positive);
    app.add_option(
           "--max-tokens", request.maxTokens, "Stop after this many tokens of all documents; the last one is cut")
        ->check(positive);
    app.add_option("--max-length", request.maxLength, "Cut each document after this many tokens")->check(positive);
    app.add_flag("--logits", request.logits, "Record the router logits of all experts");
    app.add_flag("--loss", request.loss, "Record the next-token loss and the predicted next token");
    app.add_option("--sites", request.sites, "Routers to record, by ordinal: 0-3,7 (all of them if not given)");
    app.add_option("--threads", request.threads, "CPU threads (all that this process may use)")
        ->check(CLI::Range(1, 1024));
    auto* resume =
        app.add_flag("--resume", request.resume, "Continue an interrupted capture to the result it would have had");
    auto* force = app.add_flag("--force", request.force, "Replace what is at the output");
    resume->excludes(force);
    app.add_flag("--discard", request.discard, "Compute, write nothing (to measure what writing costs)")
        ->excludes(output);
    auto* lines = app.add_flag("--json", json, "Progress and result as JSON lines on stdout");
    bool serve = false;
    auto* serves = app.add_flag("--serve", serve,
        "Keep the model loaded and answer prompts, JSON lines on stdin and stdout, until told to stop");
    for (auto* option : app.get_options()) {
        const std::string name = option->get_name();
        if (option != serves && option != lines && name != "--model" && name != "--device" && name != "--dtype"
            && name != "--batch-tokens" && name != "--threads" && name != "--help" && name != "--version")
            serves->excludes(option);
    }
    try {
        app.parse(argc, argv);
        if (!serve && prompts->count() == 0)
            throw CLI::RequiredError("--prompts");
        if (!serve && request.output.empty() && !request.discard)
            throw CLI::RequiredError("-o");
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    request.commandLine = joined(argc, argv);

    const auto module = openCaptureModule();
    if (!module) {
        std::fprintf(stderr, "expertscope-capture: %s\n", module.error().message().c_str());
        return 1;
    }
    return serve ? module->serve(request) : module->capture(request, json);
}

}

int main(int argc, char** argv)
{
    return runProgram("expertscope-capture", [&] { return run(argc, argv); });
}
