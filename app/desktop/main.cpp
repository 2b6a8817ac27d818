// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope-desktop [TRACE...]: the window.
#include "app/desktop/bench/bench.h"
#include "app/desktop/bench/screenshot.h"
#include "app/desktop/main_window.h"
#include "app/desktop/workspace/workspace_actions.h"
#include "io/base/version.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace expertscope;

/// Qt gives up where there is no display, with many words and a core dump: one line says it.
void whileStarting(QtMsgType type, const QMessageLogContext&, const QString&)
{
    if (type != QtFatalMsg)
        return; // remarks on the way there
    std::fputs("expertscope-desktop: there is no display for a window (DISPLAY or WAYLAND_DISPLAY names one, `ssh -X` "
               "brings one along; `expertscope figure` draws without)\n",
        stderr);
    std::_Exit(1);
}

/// --help and --version need no display: they are answered before there is one.
bool asksForText(int argc, char** argv)
{
    return std::any_of(argv + 1, argv + argc, [](const QByteArrayView word) {
        return word == "-h" || word == "--help" || word == "--help-all" || word == "-v" || word == "--version";
    });
}

/// When the window is seen first.
class FirstPaint final : public QObject
{
public:
    using QObject::QObject;
    double seconds = 0;

    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::Paint && seconds == 0)
            seconds = secondsSinceStart();
        return false;
    }
};

int bench(MainWindow& window, const QStringList& traces, bool json)
{
    FirstPaint paint;
    window.installEventFilter(&paint);
    window.resize(1440, 900);
    window.show();
    QTimer::singleShot(0, &window, [&] {
        const auto result = runBench(window, traces, [&] { return paint.seconds; });
        if (result)
            std::fputs((json ? benchJson(*result) : benchText(*result)).constData(), stdout);
        else
            std::fprintf(stderr, "expertscope-desktop: %s\n", result.error().message().c_str());
        QCoreApplication::exit(result ? 0 : 1);
    });
    return QApplication::exec();
}

int wrongUse(const QString& what)
{
    std::fprintf(stderr, "expertscope-desktop: %s (`expertscope-desktop --help` tells more)\n", qPrintable(what));
    return 2;
}

void declare(QCommandLineParser& parser)
{
    parser.setApplicationDescription("Shows how a mixture-of-experts model routes its tokens.");
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("trace", "The traces to open, or a workspace.", "[trace...]");
    parser.addOption({"workspace",
        "Filters, pins and views as they were saved, of the traces that are named, else of its own.", "file"});
    parser.addOption({"screenshot", "Write a picture of the window once the trace is shown, and quit.", "file"});
    parser.addOption({"force", "Replace what is at the screenshot's file, whatever it is."});
    parser.addOption({"theme", "light or dark; default: as last time.", "theme"});
    parser.addOption(
        {"bench", "Measure how long the window lets one wait with this trace, say it, and quit.", "trace"});
    parser.addOption({"json", "With --bench: as JSON."});
}

}

int main(int argc, char** argv)
{
    QCoreApplication::setOrganizationName("expertscope");
    QCoreApplication::setApplicationName("expertscope-desktop");
    QCoreApplication::setApplicationVersion(kVersion);
    QCommandLineParser parser;
    declare(parser);
    if (asksForText(argc, argv)) {
        const QCoreApplication text(argc, argv);
        parser.process(text); // does not return
    }
    qInstallMessageHandler(whileStarting);
    QApplication app(argc, argv);
    qInstallMessageHandler(nullptr);
    QGuiApplication::setDesktopFileName("expertscope");
    if (!parser.parse(QCoreApplication::arguments()))
        return wrongUse(parser.errorText());
    if (parser.isSet("theme") && parser.value("theme") != "dark" && parser.value("theme") != "light")
        return wrongUse("--theme is light or dark");

    QTemporaryDir settings; // what is measured is not how somebody left his window
    if (parser.isSet("bench")) {
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    }
    MainWindow window;
    if (parser.isSet("theme"))
        window.setTheme(parser.value("theme") == "dark" ? Theme::Dark : Theme::Light);
    if (parser.isSet("bench"))
        return bench(window, QStringList{parser.value("bench")} + parser.positionalArguments(), parser.isSet("json"));
    window.show();
    if (parser.isSet("workspace"))
        window.workspaces().open(parser.value("workspace"), parser.positionalArguments());
    else if (!parser.positionalArguments().isEmpty())
        window.open(parser.positionalArguments());
    if (parser.isSet("screenshot"))
        new Screenshot(window, parser.value("screenshot"), parser.isSet("force"));
    return QApplication::exec();
}
