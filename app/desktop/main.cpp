// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope-desktop [TRACE]: the window.
#include "app/desktop/main_window.h"
#include "app/desktop/trace_opener.h"
#include "io/base/version.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QTimer>

#include <cstdio>

int main(int argc, char** argv)
{
    using namespace expertscope;
    QCoreApplication::setOrganizationName("expertscope");
    QCoreApplication::setApplicationName("expertscope-desktop");
    QCoreApplication::setApplicationVersion(kVersion);
    QApplication app(argc, argv);
    QGuiApplication::setDesktopFileName("expertscope");

    QCommandLineParser parser;
    parser.setApplicationDescription("Shows how a mixture-of-experts model routes its tokens.");
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("trace", "The trace to open.", "[trace]");
    parser.addOption({"screenshot", "Write a picture of the window once the trace is shown, and quit.", "file"});
    parser.addOption({"theme", "light or dark; default: as last time.", "theme"});
    parser.process(app);
    if (parser.positionalArguments().size() > 1) {
        std::fputs("expertscope-desktop: one trace at a time\n", stderr);
        return 2;
    }

    MainWindow window(openTraceFile);
    if (parser.isSet("theme"))
        window.setTheme(parser.value("theme") == "dark" ? Theme::Dark : Theme::Light);
    window.show();
    if (!parser.positionalArguments().isEmpty())
        window.open(parser.positionalArguments().first());

    if (parser.isSet("screenshot")) {
        const auto shoot = [&window, file = parser.value("screenshot"), done = false]() mutable {
            if (done || window.view()->state() == LoadView::State::Loading)
                return;
            done = true;
            QTimer::singleShot(300, &window, [&window, file] { // let the layout settle
                const bool saved = window.grab().save(file);
                if (!saved)
                    std::fprintf(stderr, "expertscope-desktop: %s: cannot be written\n", qPrintable(file));
                if (window.view()->state() == LoadView::State::Error)
                    std::fprintf(stderr, "expertscope-desktop: %s\n", qPrintable(window.view()->errorText()));
                QCoreApplication::exit(saved && window.view()->state() != LoadView::State::Error ? 0 : 1);
            });
        };
        // An error may have come before anyone listens; a trace never does.
        if (window.view()->state() == LoadView::State::Loading)
            QObject::connect(window.view(), &LoadView::stateChanged, &window, shoot);
        else
            QTimer::singleShot(0, &window, shoot);
    }
    return QApplication::exec();
}
