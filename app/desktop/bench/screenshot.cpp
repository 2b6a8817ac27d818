// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/bench/screenshot.h"

#include "app/desktop/main_window.h"
#include "io/base/output.h"
#include "views/widgets/chart_view.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>

#include <cstdio>

namespace expertscope {

Screenshot::Screenshot(MainWindow& window, const QString& file, bool force)
    : QObject(&window)
    , m_window(window)
    , m_file(file)
    , m_force(force)
{
    m_timer.setInterval(300); // lets the layout settle, too
    connect(&m_timer, &QTimer::timeout, this, &Screenshot::look);
    m_timer.start();
}

void Screenshot::look()
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

Expected<void> Screenshot::save() const
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

}
