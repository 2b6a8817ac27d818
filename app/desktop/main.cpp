// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope-desktop [TRACE...]: the window.
#include "app/desktop/main_window.h"
#include "io/base/output.h"
#include "io/base/version.h"
#include "views/widgets/chart_view.h"

#include <QApplication>
#include <QBuffer>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace expertscope;

/// Once all that is seen is computed: writes a picture of the window and quits.
class Screenshot final : public QObject
{
public:
    Screenshot(MainWindow& window, const QString& file, bool force)
        : QObject(&window)
        , m_window(window)
        , m_file(file)
        , m_force(force)
    {
        m_timer.setInterval(300); // lets the layout settle, too
        connect(&m_timer, &QTimer::timeout, this, &Screenshot::look);
        m_timer.start();
    }

private:
    void look()
    {
        if (!m_window.session().opening().isEmpty())
            return;
        for (const ChartView* chart : m_window.findChildren<ChartView*>()) {
            if (chart->loading())
                return;
        }
        m_timer.stop();
        const auto saved = save();
        if (!saved)
            std::fprintf(stderr, "expertscope-desktop: %s\n", saved.error().message().c_str());
        const auto error = m_window.session().error();
        if (error)
            std::fprintf(stderr, "expertscope-desktop: %s\n", error->message().c_str());
        QCoreApplication::exit(saved && !error ? 0 : 1);
    }

    Expected<void> save() const
    {
        constexpr const char* kSoftware = "expertscope-desktop"; // by which it is known again
        QImage image = m_window.grab().toImage();
        image.setText("Software", kSoftware);
        QBuffer bytes;
        bytes.open(QIODevice::WriteOnly);
        const QString suffix = QFileInfo(m_file).suffix();
        if (!image.save(&bytes, suffix.isEmpty() ? "PNG" : qPrintable(suffix)))
            return fail("is no kind of picture that Qt writes", m_file.toStdString(), "name it .png");
        Output output{m_file.toStdString(),
            {.name = "a picture of the window",
                .recognises =
                    [](const std::filesystem::path& path) {
                        return headOf(path, 65536).find(kSoftware) != std::string::npos;
                    }},
            {}, m_force};
        if (const StudyPtr& study = m_window.session().study()) {
            for (const NamedTrace& trace : study->traces())
                output.inputs.push_back(trace.path);
        }
        return writeOutput(output, {bytes.data().constData(), std::size_t(bytes.size())});
    }

    MainWindow& m_window;
    QString m_file;
    bool m_force;
    QTimer m_timer;
};

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

}

int main(int argc, char** argv)
{
    QCoreApplication::setOrganizationName("expertscope");
    QCoreApplication::setApplicationName("expertscope-desktop");
    QCoreApplication::setApplicationVersion(kVersion);
    QCommandLineParser parser;
    parser.setApplicationDescription("Shows how a mixture-of-experts model routes its tokens.");
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("trace", "The traces to open.", "[trace...]");
    parser.addOption({"screenshot", "Write a picture of the window once the trace is shown, and quit.", "file"});
    parser.addOption({"force", "Replace what is at the screenshot's file, whatever it is."});
    parser.addOption({"theme", "light or dark; default: as last time.", "theme"});
    if (asksForText(argc, argv)) {
        const QCoreApplication text(argc, argv);
        parser.process(text); // does not return
    }
    qInstallMessageHandler(whileStarting);
    QApplication app(argc, argv);
    qInstallMessageHandler(nullptr);
    QGuiApplication::setDesktopFileName("expertscope");
    if (!parser.parse(QCoreApplication::arguments())) {
        std::fprintf(stderr, "expertscope-desktop: %s (`expertscope-desktop --help` tells more)\n",
            qPrintable(parser.errorText()));
        return 2;
    }

    MainWindow window;
    if (parser.isSet("theme"))
        window.setTheme(parser.value("theme") == "dark" ? Theme::Dark : Theme::Light);
    window.show();
    if (!parser.positionalArguments().isEmpty())
        window.open(parser.positionalArguments());
    if (parser.isSet("screenshot"))
        new Screenshot(window, parser.value("screenshot"), parser.isSet("force"));
    return QApplication::exec();
}
