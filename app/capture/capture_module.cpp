// SPDX-License-Identifier: GPL-3.0-or-later
//
// libexpertscope_capture.so: calls and reports.
#include "app/capture/capture_module.h"

#include "app/capture/report.h"
#include "app/capture/serve.h"
#include "io/base/interrupts.h"
#include "io/base/standard_streams.h"

#include <cstdio>
#include <unistd.h>

namespace expertscope {

namespace {

int run(CaptureRequest request, bool json)
{
    installInterrupts("expertscope-capture"); // with the tables of this module
    CaptureReport report(json, request.output.string());
    request.stop = &stopRequested();
    CaptureEvents events;
    events.opening = [&] { report.stopIsPossible(request.discard); };
    events.started = [&](const CaptureStart& start) { report.started(start); };
    events.progress = [&](const CaptureProgress& progress) { report.progress(progress); };
    events.closed = [&](const CaptureResult& result) {
        if (result.complete) {
            report.done(result);
            return;
        }
        report.stopped(result);
        std::fflush(nullptr);
        _exit(1); // whoever wants to stop need not wait until a hundred gigabytes of weights are given back
    };
    const auto result = runCapture(request, events);
    if (!result) {
        report.failed(result.error().message());
        return 1;
    }
    if (const auto printed = finishPrinting(); !printed) { // what main() asks knows nothing of this module's prints
        std::fprintf(stderr, "expertscope-capture: %s\n", printed.error().message().c_str());
        return 1;
    }
    return 0;
}

}

}

extern "C" int expertscopeCapture(const expertscope::CaptureRequest& request, bool json)
{
    return expertscope::run(request, json);
}

extern "C" int expertscopeServe(const expertscope::CaptureRequest& request)
{
    expertscope::installInterrupts("expertscope-capture"); // with the tables of this module
    return expertscope::serve(request);
}
