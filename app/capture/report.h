// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/capture.h"

#include <chrono>
#include <string>

namespace expertscope {

/// Tells a person (stderr, one line that is rewritten on a terminal) or a program (stdout, one JSON object a line)
/// how a capture goes. JSON events: start, progress, done, error; a stopped capture is an error with "stopped": true.
class CaptureReport
{
public:
    CaptureReport(bool json, std::string output);

    /// From here on a signal leaves something that can be gone on with: says so, when one comes.
    void stopIsPossible(bool discard) const;
    void started(const CaptureStart& start);
    void progress(const CaptureProgress& progress);
    void done(const CaptureResult& result);
    void stopped(const CaptureResult& result);
    void failed(const std::string& message);

private:
    void clearLine();

    const bool m_json;
    const bool m_terminal;
    const std::string m_output;
    bool m_lineOpen = false;
    std::chrono::steady_clock::time_point m_lastShown{};
};

}
