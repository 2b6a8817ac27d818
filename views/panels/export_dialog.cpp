// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/export_dialog.h"

#include "views/figure/figure_files.h"
#include "views/figure/venues.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace expertscope {

namespace {

struct Preset
{
    QString title;
    const Venue* venue;
    Span span;
};

std::vector<Preset> presets()
{
    std::vector<Preset> all;
    for (const Venue& venue : venues()) {
        const bool one = venue.columnMm == venue.fullMm;
        all.push_back({venue.title + (one ? "" : ", one column"), &venue, Span::Column});
        if (!one)
            all.push_back({venue.title + ", full width", &venue, Span::Full});
    }
    return all;
}

QDoubleSpinBox* millimetres(double value, double least, const QString& id, QWidget* parent)
{
    auto* box = new QDoubleSpinBox(parent);
    box->setObjectName(id);
    box->setLocale(QLocale::c());
    box->setDecimals(1);
    box->setRange(least, 2000);
    box->setSuffix(" mm");
    box->setValue(value);
    return box;
}

QSpinBox* whole(int value, int least, int most, const QString& suffix, const QString& id, QWidget* parent)
{
    auto* box = new QSpinBox(parent);
    box->setObjectName(id);
    box->setRange(least, most);
    box->setSuffix(suffix);
    box->setValue(value);
    return box;
}

QHBoxLayout* row(std::initializer_list<QWidget*> widgets)
{
    auto* layout = new QHBoxLayout;
    layout->setSpacing(8);
    for (QWidget* widget : widgets)
        layout->addWidget(widget);
    layout->addStretch();
    return layout;
}

}

ExportDialog::ExportDialog(const FigureSpec& spec, const QString& path, Writer writer,
    std::function<std::optional<double>(const PageSpec&)> autoHeight, const QString& note, QWidget* parent)
    : QDialog(parent)
    , m_start(spec)
    , m_writer(std::move(writer))
    , m_autoHeight(std::move(autoHeight))
{
    setWindowTitle("Export figure");
    setMinimumWidth(480);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(16, 16, 16, 16);
    outer->setSpacing(12);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(8);
    outer->addLayout(form);

    m_preset = new QComboBox(this);
    m_preset->setObjectName("preset");
    m_preset->addItem("Own size");
    for (const Preset& preset : presets()) {
        PageSpec page;
        applyVenue(*preset.venue, preset.span, page);
        m_preset->addItem(QString("%1 (%2 mm, %3 pt)").arg(preset.title).arg(page.widthMm).arg(page.fontSizePt));
        m_preset->setItemData(m_preset->count() - 1,
            QString("%1, rules of %2. %3").arg(page.fontFamily).arg(preset.venue->year).arg(preset.venue->source),
            Qt::ToolTipRole);
    }
    form->addRow("Size for", m_preset);
    m_width = millimetres(spec.page.widthMm, 10, "width", this);
    m_height = millimetres(spec.page.heightMm, 0, "height", this);
    m_height->setToolTip("0: from what is drawn");
    form->addRow("Width, height", row({m_width, m_height}));
    m_fontSize = whole(spec.page.fontSizePt, 3, 72, " pt", "fontSize", this);
    m_dpi = whole(spec.page.dpi, 36, 2400, " dpi", "dpi", this);
    m_dpi->setToolTip("Of PNG files, and of images in PDF and SVG when there are more cells");
    form->addRow("Text, pixels", row({m_fontSize, m_dpi}));
    const auto line = [&](const QString& text, const char* id, const char* name) {
        auto* edit = new QLineEdit(text, this);
        edit->setObjectName(id);
        form->addRow(name, edit);
        return edit;
    };
    m_x = line(spec.labels.x, "xTitle", "Horizontal axis");
    m_y = line(spec.labels.y, "yTitle", "Vertical axis");
    m_value = line(spec.labels.colour, "valueTitle", "Colour bar");
    m_title = line(spec.labels.title, "title", "Title");
    m_title->setPlaceholderText("none");
    m_value->setEnabled(!spec.labels.colour.isEmpty());
    m_path = new QLineEdit(path, this);
    m_path->setObjectName("path");
    auto* browseButton = new QPushButton("Browse…", this);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    auto* pathRow = new QHBoxLayout;
    pathRow->addWidget(m_path);
    pathRow->addWidget(browseButton);
    form->addRow("File", pathRow);
    m_beside = new QCheckBox("Write the numbers (CSV) and the figure spec (JSON) beside it", this);
    m_beside->setObjectName("beside");
    m_beside->setChecked(true);
    form->addRow(QString(), m_beside);
    if (!note.isEmpty()) {
        auto* text = new QLabel(note, this);
        text->setProperty("faint", true);
        text->setWordWrap(true);
        outer->addWidget(text);
    }

    m_error = new QLabel(this);
    m_error->setObjectName("exportError");
    m_error->setProperty("error", true);
    m_error->setWordWrap(true);
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_error->hide();
    outer->addWidget(m_error);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_export = buttons->addButton("Export", QDialogButtonBox::AcceptRole);
    m_export->setObjectName("exportButton");
    m_export->setDefault(true);
    outer->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::write);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_preset, &QComboBox::currentIndexChanged, this, &ExportDialog::choosePreset);
    for (auto* box : {m_width, m_height}) {
        connect(box, &QDoubleSpinBox::valueChanged, this, [this] {
            const QSignalBlocker quiet(m_preset);
            m_preset->setCurrentIndex(0);
            showAutoHeight();
        });
    }
    connect(m_fontSize, &QSpinBox::valueChanged, this, &ExportDialog::showAutoHeight);
    const auto askAnew = [this] {
        m_mayReplace.clear();
        m_export->setText("Export");
        m_error->hide();
    };
    connect(m_path, &QLineEdit::textChanged, this, askAnew);
    connect(m_beside, &QCheckBox::toggled, this, askAnew);
    showAutoHeight();
}

void ExportDialog::choosePreset(int index)
{
    if (index <= 0)
        return;
    const Preset preset = presets()[std::size_t(index - 1)];
    applyVenue(*preset.venue, preset.span, m_start.page);
    const QSignalBlocker quietWidth(m_width), quietHeight(m_height);
    m_width->setValue(m_start.page.widthMm);
    m_height->setValue(0);
    m_fontSize->setValue(m_start.page.fontSizePt);
    showAutoHeight();
}

void ExportDialog::showAutoHeight()
{
    PageSpec page = spec().page;
    page.heightMm = 0;
    const auto height = m_autoHeight ? m_autoHeight(page) : std::nullopt;
    m_height->setSpecialValueText(
        height ? QString("automatic: %1 mm").arg(QString::number(*height, 'f', 1)) : QStringLiteral("automatic"));
}

FigureSpec ExportDialog::spec() const
{
    FigureSpec spec = m_start;
    spec.page.widthMm = m_width->value();
    spec.page.heightMm = m_height->value();
    spec.page.fontSizePt = m_fontSize->value();
    spec.page.dpi = m_dpi->value();
    spec.labels.x = m_x->text();
    spec.labels.y = m_y->text();
    spec.labels.colour = m_value->text();
    spec.labels.title = m_title->text();
    return spec;
}

QString ExportDialog::path() const
{
    return m_path->text();
}

void ExportDialog::browse()
{
    // This dialog asks itself, also about what is written beside it.
    const QString chosen = QFileDialog::getSaveFileName(this, "Export figure", m_path->text(),
        "PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;EPS (*.eps)", nullptr, QFileDialog::DontConfirmOverwrite);
    if (!chosen.isEmpty())
        m_path->setText(chosen);
}

QStringList ExportDialog::existing() const
{
    QStringList files = figureFiles({path()}, !m_beside->isChecked());
    files.removeIf([](const QString& name) { return !QFileInfo::exists(name); });
    return files;
}

void ExportDialog::askBeforeReplacing(const QStringList& files)
{
    QStringList names;
    for (const QString& file : files)
        names << QFileInfo(file).fileName();
    m_mayReplace = files;
    m_error->setText(names.join(", ") + (names.size() == 1 ? " exists." : " exist."));
    m_error->show();
    m_export->setText("Replace");
}

void ExportDialog::write()
{
    const QStringList files = existing();
    if (!files.isEmpty() && files != m_mayReplace)
        return askBeforeReplacing(files);
    const auto written = m_writer(spec(), path(), !m_beside->isChecked(), !files.isEmpty());
    if (written)
        return accept();
    m_error->setText(QString::fromStdString(written.error().message()));
    m_error->show();
}

}
