# What is installed where, and the Debian package of it: `cpack` in a build folder.
include(GNUInstallDirs)

install(TARGETS stepcast stepcastd)
install(DIRECTORY printers/ DESTINATION ${CMAKE_INSTALL_DATADIR}/stepcast/printers
  FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/stepcast/models
  FILES_MATCHING PATTERN "*.onnx" PATTERN "*.json" PATTERN "*.md" PATTERN "*.png"
  PATTERN labels EXCLUDE PATTERN "*.training" EXCLUDE PATTERN "*_notes.md" EXCLUDE)
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/stepcast/examples
  FILES_MATCHING PATTERN "*.gcode")
install(FILES LICENSE THIRD_PARTY.md README.md docs/stepcastd.md docs/command-line.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/stepcastd.service DESTINATION lib/systemd/system)
install(FILES packaging/stepcastd.toml DESTINATION /etc/stepcast)
# Completion scripts are the program's own answer.
foreach(shell_file IN ITEMS
    "bash:share/bash-completion/completions:stepcast"
    "zsh:share/zsh/vendor-completions:_stepcast"
    "fish:share/fish/vendor_completions.d:stepcast.fish")
  string(REPLACE ":" ";" parts ${shell_file})
  list(GET parts 0 shell)
  list(GET parts 1 folder)
  list(GET parts 2 name)
  install(CODE "
    set(file \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}/${name})
    execute_process(COMMAND $<TARGET_FILE:stepcast> completion ${shell}
      OUTPUT_VARIABLE script COMMAND_ERROR_IS_FATAL ANY)
    file(WRITE \"\${file}\" \"\${script}\")")
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stepcast)
set(CPACK_PACKAGE_VENDOR Stepcast)
set(CPACK_PACKAGE_CONTACT "The Stepcast engineers <stepcast@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Runs and watches 3D printers")
set(CPACK_PACKAGE_DESCRIPTION
  "A print host that plans jerk-limited, vibration-compensated motion on a server and streams it to
 a small device at the printer. Slicers and apps that know OctoPrint know it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, avahi-daemon")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(script IN ITEMS postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/debian/${script})
endforeach()
include(CPack)
