// SPDX-License-Identifier: GPL-3.0-or-later
//
// The traces that come with the program, and how the one that does not is made.
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace expertscope {

struct DemoTrace
{
    QString id, title, text;
    QStringList files; ///< all there; empty: it is captured first (captureCommand())
    QString workspace; ///< that it is opened in
};

/// Those whose files are found: beside the program as it was installed, or in its sources.
std::vector<DemoTrace> demoTraces();

/// The folder of the bundled model; empty: it is not there.
QString demoFolder();

/// Where the demo trace with texts, logits and loss is kept once it was captured.
QString capturedDemo();

/// What writes it into `file`: a program and its arguments. Empty: there is no program or no model for it.
QStringList captureCommand(const QString& file);

/// A question that a trace answers, and where.
struct Question
{
    QString text;
    QString demo; ///< DemoTrace::id, where no trace is open; empty: it needs none
    QString workspace, view; ///< a built-in workspace, the view in front
};

const std::vector<Question>& questions();

}
