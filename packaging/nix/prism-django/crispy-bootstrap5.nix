# For a package set that has none: the template pack that django-crispy-forms draws the site's forms with.
{
  lib,
  buildPythonPackage,
  fetchFromGitHub,
  django,
  django-crispy-forms,
  setuptools,
}:

buildPythonPackage rec {
  pname = "crispy-bootstrap5";
  version = "2026.3";
  pyproject = true;

  src = fetchFromGitHub {
    owner = "django-crispy-forms";
    repo = "crispy-bootstrap5";
    tag = version;
    hash = "sha256-7XRb8KP0LSE78woqsU6mdbUAjxldWHY1vwfuBoLfsw0=";
  };

  build-system = [ setuptools ];

  dependencies = [
    django
    django-crispy-forms
  ];

  # Its tests want a project around them; the site's own install check draws nothing either.
  doCheck = false;
  pythonImportsCheck = [ "crispy_bootstrap5" ];

  meta = {
    description = "Bootstrap 5 template pack for django-crispy-forms";
    homepage = "https://github.com/django-crispy-forms/crispy-bootstrap5";
    license = lib.licenses.mit;
  };
}
